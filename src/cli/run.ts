import { randomBytes } from 'node:crypto';
import { constants, userInfo } from 'node:os';
import type { Model } from '../config/project.js';
import { thisHost } from '../locks/index.js';
import { RunRecorder } from '../stages/history.js';
import { explainLocksAfterFailure, explainResult } from '../stages/messages.js';
import { exitCodeOf, run } from '../stages/run.js';
import { reportFailure } from './failure.js';
import { Progress } from './progress.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

export interface RunOptions {
  readonly quiet?: boolean;
  readonly model?: Model;
}

/** `stagelock run [BUILD]` */
export async function runCommand(
  options: GlobalOptions,
  name: string | undefined,
  { quiet = false, model }: RunOptions,
): Promise<void> {
  const project = projectOf(options);
  const configured = buildOf(project, name);
  const build = model === undefined ? configured : { ...configured, model };
  const host = thisHost();
  const progress = new Progress(build.name, quiet ? 'none' : process.stdout.isTTY ? 'live' : 'lines');
  const stop = stopSignal((name) => progress.note(`told to stop by ${name}; ending what runs`));
  const id = randomBytes(8).toString('hex');
  const history = new RunRecorder(build.directory, id, () => new Date());
  const warn = (problem: string | undefined): void => {
    if (problem !== undefined) process.stderr.write(`stagelock: ${build.name}: ${problem}\n`);
  };
  try {
    const result = await run(build, {
      host,
      now: () => new Date(),
      user: userName(),
      command: ['stagelock', ...process.argv.slice(2)].join(' '),
      run: id,
      environment: process.env,
      signal: stop.signal,
      report: (event) => {
        progress.report(event);
        warn(history.hear(event));
      },
      step: () => undefined,
    });
    progress.end(result);
    warn(history.end(result.kind));
    const lines = explainResult(build, result, { host, now: new Date(), configFile: project.file });
    if (lines.length > 0) process.stderr.write(`stagelock: ${lines.join('\n')}\n`);
    process.exitCode = result.kind === 'interrupted' ? 128 + constants.signals[stop.name()] : exitCodeOf(result);
  } catch (error) {
    progress.clear();
    process.exitCode = reportFailure(error);
    const lines = explainLocksAfterFailure(build, id, { host, now: new Date(), configFile: project.file });
    process.stderr.write(`${lines.join('\n')}\n`);
  } finally {
    stop.forget();
  }
  // Its terminal is gone, and Node aborts with a core dump when it cannot restore that at its own end.
  if (stop.name() === 'SIGHUP') process.kill(process.pid, 'SIGHUP');
}

type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

interface Stop {
  readonly signal: AbortSignal;
  /** The one that came; SIGTERM as long as none has. */
  readonly name: () => StopSignal;
  readonly forget: () => void;
}

/** Fires at the first INT, TERM or HUP. A second one ends the process as it would any other. */
function stopSignal(onStop: (name: StopSignal) => void): Stop {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let received: StopSignal = 'SIGTERM';
  const handler = (name: NodeJS.Signals): void => {
    received = names.find((one) => one === name) ?? received;
    forget();
    onStop(received);
    controller.abort();
  };
  const forget = (): void => {
    for (const name of names) process.removeListener(name, handler);
  };
  for (const name of names) process.on(name, handler);
  return { signal: controller.signal, name: () => received, forget };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a uid without an entry in passwd, as in containers
  }
}
