import { randomBytes } from 'node:crypto';
import { constants, userInfo } from 'node:os';
import { thisHost } from '../locks/index.js';
import { explainResult } from '../stages/messages.js';
import { exitCodeOf, run } from '../stages/run.js';
import { reportFailure } from './failure.js';
import { Progress } from './progress.js';
import { buildOf, projectOf } from './project-of.js';
import type { GlobalOptions } from './stagelock.js';

/** `stagelock run [BUILD]` */
export async function runCommand(
  options: GlobalOptions,
  name: string | undefined,
  { quiet = false }: { readonly quiet?: boolean },
): Promise<void> {
  const project = projectOf(options);
  const build = buildOf(project, name);
  const host = thisHost();
  const stop = stopSignal();
  const progress = new Progress(build.name, quiet ? 'none' : process.stdout.isTTY ? 'live' : 'lines');
  try {
    const result = await run(build, {
      host,
      now: () => new Date(),
      user: userName(),
      command: ['stagelock', ...process.argv.slice(2)].join(' '),
      run: randomBytes(8).toString('hex'),
      environment: process.env,
      signal: stop.signal,
      report: (event) => progress.report(event),
      step: () => undefined,
    });
    progress.end(result);
    const lines = explainResult(build, result, { host, now: new Date(), configFile: project.file });
    if (lines.length > 0) process.stderr.write(`stagelock: ${lines.join('\n')}\n`);
    process.exitCode = result.kind === 'interrupted' ? 128 + stop.number() : exitCodeOf(result);
  } catch (error) {
    progress.clear();
    process.exitCode = reportFailure(error);
    process.stderr.write(`  Locks of ${build.name} stay where this run had got to; see stagelock status.\n`);
  } finally {
    stop.forget();
  }
}

/** Fires at the first INT, TERM or HUP. A second one ends the process as it would any other. */
function stopSignal(): { readonly signal: AbortSignal; readonly number: () => number; readonly forget: () => void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let received: (typeof names)[number] = 'SIGTERM';
  const handler = (name: NodeJS.Signals): void => {
    received = names.find((one) => one === name) ?? received;
    controller.abort();
    forget();
  };
  const forget = (): void => {
    for (const name of names) process.removeListener(name, handler);
  };
  for (const name of names) process.on(name, handler);
  return { signal: controller.signal, number: () => constants.signals[received], forget };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a uid without an entry in passwd, as in containers
  }
}
