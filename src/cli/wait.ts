import { thisHost } from '../host/host.js';
import { awaitRun } from '../stages/await-run.js';
import { describeLock, unlockCommand } from '../stages/messages.js';
import { resultWords } from '../stages/result-words.js';
import { formatDuration } from '../text/duration.js';
import { shown } from '../text/shown.js';
import { durationOf } from './duration-option.js';
import { EXIT } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';
import { stopSignal } from './stop-signal.js';

/** `stagelock wait [BUILD] [--timeout DURATION]` */
export async function waitCommand(
  options: GlobalOptions,
  name: string | undefined,
  { timeout }: { readonly timeout?: string },
): Promise<void> {
  const project = projectOf(options);
  const build = buildOf(project, name);
  const timeoutMs = timeout === undefined ? undefined : durationOf('--timeout', timeout);
  const host = thisHost();
  const stop = stopSignal();
  const awaited = await awaitRun(build, { host, timeoutMs, signal: stop.signal });
  const context = { host, now: new Date(), configFile: project.file, builds: project.builds };
  switch (awaited.kind) {
    case 'none':
      process.stdout.write(`no run of ${build.name} is in progress\n`);
      return;
    case 'ended': {
      const { past } = awaited;
      process.exitCode = past?.exitCode ?? (past === undefined || past.result === 'done' ? EXIT.done : EXIT.failed);
      process.stdout.write(
        `${build.name}: ${past === undefined ? 'the run has ended' : shown(resultWords(past), 500)}\n`,
      );
      return;
    }
    case 'died':
      process.exitCode = EXIT.held;
      process.stderr.write(
        `stagelock: ${build.name}: an earlier run died and left its locks.\n${describeLock(awaited.lock, context).join('\n')}\n  After a look: ${unlockCommand(build.name, context)}\n`,
      );
      return;
    case 'timed-out':
      process.exitCode = EXIT.held;
      process.stderr.write(
        `stagelock: ${build.name}: the run has not ended within ${formatDuration(timeoutMs ?? 0)}.\n${describeLock(awaited.lock, context).join('\n')}\n`,
      );
      return;
    case 'aborted':
      process.exitCode = stop.exitCode();
  }
}
