import { join, resolve } from 'node:path';
import { type Problem, pathText } from '../config/problem.js';
import { isProgram } from '../config/program-file.js';
import type { Build, Project } from '../config/project.js';
import { lineOf } from './crontab-line.js';

/** What cron has where a crontab names no PATH. */
const CRON_PATH = '/usr/bin:/bin';

/**
 * The PATH that the runs of a configuration have under cron: the one above the first line of the crontab that names it; or, when none does,
 * the one that `crontab --install` would write.
 */
export function pathUnderCron(crontab: string, file: string, ours: string): string {
  const line = lineOf(crontab, file);
  return line === undefined ? ours : (line.variables.get('PATH') ?? CRON_PATH);
}

/** The programs of stages and of [[notify]] that nothing in such a PATH is called, and absolute ones that are not there. */
export function programProblems({ file, builds, subscribers }: Project, path: string): Problem[] {
  const ofSubscribers = subscribers.flatMap((subscriber, index) => {
    if (subscriber.kind !== 'command') return [];
    const [program] = subscriber.argv;
    const message = program.includes('/') ? notThere(program, program) : notInPath(program, path);
    return message === undefined ? [] : [{ file, path: pathText(['notify', index, 'command']), message }];
  });
  const ofStages = [...builds.values()].flatMap((build) =>
    build.stages.flatMap((stage) => {
      if (stage.command.kind !== 'argv') return [];
      const [program] = stage.command.argv;
      const message = missing(program, stage.environment['PATH'] ?? path, build);
      const at = pathText(['builds', build.name, 'stages', stage.name, 'command']);
      return message === undefined ? [] : [{ file, path: at, message }];
    }),
  );
  return [...ofStages, ...ofSubscribers];
}

function notInPath(program: string, path: string): string | undefined {
  const found = path.split(':').some((place) => isProgram(join(place === '' ? '.' : place, program)));
  return found ? undefined : `no program ${program} is in the PATH that cron gives it: ${path}`;
}

function notThere(file: string, program: string): string | undefined {
  return isProgram(file) ? undefined : `there is no program ${program}`;
}

function missing(program: string, path: string, { directory, source }: Build): string | undefined {
  if (!program.includes('/')) return notInPath(program, path);
  // What is made by an earlier stage, or comes with an update, is not there yet.
  const file = resolve(directory, program);
  if (!program.startsWith('/') || [directory, source].some((place) => file.startsWith(`${place}/`))) return undefined;
  return notThere(file, program);
}
