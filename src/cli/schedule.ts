import { formatProblems } from '../config/problem.js';
import type { Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { userName } from '../host/user-name.js';
import { serve } from '../scheduler/service.js';
import { localTime } from '../text/moment.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { complain } from './failure.js';
import { configFileOf, type GlobalOptions, projectOf } from './project-of.js';
import { stopSignal } from './stop-signal.js';
import { thisProgram } from './this-program.js';
import { loadTrusted } from './trusted-configuration.js';

/** `stagelock schedule` */
export async function scheduleCommand(options: GlobalOptions): Promise<void> {
  const project = projectOf(options);
  if (![...project.builds.values()].some(({ schedule, watch }) => schedule !== undefined || watch.length > 0)) {
    throw new Refusal(
      EXIT.usage,
      `${project.file}: no build has a \`schedule\`, such as "*/10 * * * *", or a \`watch\``,
    );
  }
  let isAsked = false;
  let reload = (): void => {
    isAsked = true;
  };
  // From the beginning, or one that comes early would end us.
  process.on('SIGHUP', () => reload());
  const end = await serve(project, {
    host: thisHost(),
    user: userName(),
    environment: process.env,
    program: (configFile) => thisProgram(configFile).program,
    note,
    complain,
    reload: (before) => reloaded(before, options),
    onReload: (act) => {
      reload = act;
      if (isAsked) act();
    },
    stop: stopSignal({
      later: 'at-once',
      names: ['SIGINT', 'SIGTERM'],
      onStop: (name) => note(`stopping on ${name} when all runs have ended; a second signal interrupts them`),
    }),
  });
  if (end.kind === 'held') throw new Refusal(EXIT.held, end.message);
}

/** The configuration as it is now; undefined, and every problem is reported, when it is not valid. */
function reloaded(project: Project, options: GlobalOptions): Project | undefined {
  const loaded = loadTrusted(configFileOf(options));
  if (loaded.kind === 'invalid') {
    complain(
      ['invalid configuration ignored, keeping the previous one:', ...formatProblems(loaded.problems)].join('\n  '),
    );
    return undefined;
  }
  if (loaded.project.scheduler.state !== project.scheduler.state) {
    complain(
      `keeping the previous configuration, because a changed \`state\` in [scheduler] takes effect only after a restart: ${loaded.project.scheduler.state}`,
    );
    return undefined;
  }
  note('reloaded the configuration');
  return loaded.project;
}

function note(text: string): void {
  process.stdout.write(`${localTime(new Date())} ${shown(text)}\n`);
}
