import type { Build, Project } from '../config/project.js';
import { shellWord } from '../text/shell-word.js';
import { mailOption, runCommandOf, runLogOf } from './run-command.js';

/** What a crontab has to know of where it is made. */
export interface Surroundings {
  /** The program and what comes before the verb, absolute: `/usr/bin/node /usr/lib/stagelock/stagelock.js`. */
  readonly program: readonly string[];
  /** For the commands of the builds: what a login has, cron has not. */
  readonly path: string;
  /** Whose crontab it is; the recipient of mails where the configuration names none. */
  readonly user: string;
}

/** The builds of a project that have a schedule, as lines of a crontab between two marks. */
export function crontabBlock(project: Project, { program, path, user }: Surroundings): string {
  const unscheduled = [...project.builds.values()].filter(({ schedule }) => schedule === undefined);
  return [
    beginMark(project.file),
    '# Written by stagelock crontab --install, which replaces all of it; --remove removes it.',
    'SHELL=/bin/sh',
    `PATH=${path}`,
    `MAILTO=${project.mailto ?? user}`,
    ...crontabLines(project, program),
    ...unscheduled.map(({ name }) => `# ${name} has no schedule`),
    endMark(project.file),
    '',
  ].join('\n');
}

/** The lines alone that run the builds of a project. */
export function crontabLines(project: Project, program: readonly string[]): string[] {
  const scheduled = [...project.builds.values()].filter(({ schedule }) => schedule !== undefined);
  return scheduled.map((build) => line(project, build, program));
}

/** The whole crontab with the block of a project in it, at its end; or what is wrong with the crontab. */
export function withBlock(crontab: string, project: Project, surroundings: Surroundings): string | { problem: string } {
  const others = withoutBlock(crontab, project.file);
  if (typeof others !== 'string') return others;
  // At the end, because PATH, MAILTO and SHELL hold for every line below them.
  const separator = others === '' || others.endsWith('\n') ? '' : '\n';
  return `${others}${separator}${crontabBlock(project, surroundings)}`;
}

/** The crontab without the block of a configuration; everything else stays byte for byte. */
export function withoutBlock(crontab: string, file: string): string | { readonly problem: string } {
  const lines = crontab.split('\n');
  const begins = lines.flatMap((line, index) => (line === beginMark(file) ? [index] : []));
  const ends = lines.flatMap((line, index) => (line === endMark(file) ? [index] : []));
  const [begin] = begins;
  const [end] = ends;
  if (begin === undefined && end === undefined) return crontab;
  if (begins.length > 1 || ends.length > 1 || begin === undefined || end === undefined || end < begin) {
    return {
      problem: `the lines between "${beginMark(file)}" and "${endMark(file)}" cannot be told from yours, because one of these marks is missing or appears twice; fix that with: crontab -e`,
    };
  }
  return [...lines.slice(0, begin), ...lines.slice(end + 1)].join('\n');
}

/** The lines between the marks of a configuration; none when it has no block, or the marks are not in order. */
export function blockLinesOf(crontab: string, file: string): string[] {
  const lines = crontab.split('\n');
  const begin = lines.indexOf(beginMark(file));
  const end = lines.indexOf(endMark(file));
  return begin >= 0 && end > begin ? lines.slice(begin + 1, end) : [];
}

/** The configurations that a crontab has a block of, each once. */
export function filesOfBlocks(crontab: string): string[] {
  const files = crontab.split('\n').flatMap((line) => /^# begin stagelock (\/.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(files)];
}

const beginMark = (file: string): string => `# begin stagelock ${file}`;
const endMark = (file: string): string => `# end stagelock ${file}`;

/** cron takes an unescaped `%` for the end of the command. */
function line(project: Project, build: Build, program: readonly string[]): string {
  const command = runCommandOf(project, build, program, mailOption(project)).map(shellWord).join(' ');
  const wait = build.offsetMs === 0 ? '' : `sleep ${Math.round(build.offsetMs / 1000)}; `;
  return `${build.schedule}  ${`${wait}exec ${command} >>${shellWord(runLogOf(project, build))}`.replaceAll('%', '\\%')}`;
}
