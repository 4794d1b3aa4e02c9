import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Stage } from '../config/project.js';
import { errorCode } from '../locks/index.js';
import { endGroup } from '../processes/group.js';

/** How the command of a stage ended. After each of these nothing of its process group runs any more, but for `passed`
 * and `failed`, where it may have left processes behind on purpose. */
export type StageOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly exitCode: number }
  /** It died of a signal that we did not send. */
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number }
  /** There is no such program or directory. */
  | { readonly kind: 'not-started'; readonly message: string }
  /** Ended because the run itself was told to stop. */
  | { readonly kind: 'aborted' };

export interface StageRun {
  readonly stage: Stage;
  /** The whole environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Descriptor of the open log; the command writes to it directly, so that a long log costs no memory here. */
  readonly log: number;
  readonly signal?: AbortSignal;
}

/** Runs the command of a stage to its end, without standard input. Never throws for what the command does. */
export async function runStageCommand({ stage, environment, log, signal }: StageRun): Promise<StageOutcome> {
  const [program, ...rest] = argvOf(stage);
  if (signal?.aborted) return { kind: 'aborted' };
  // detached: a process group of its own, so that on a time-out make, its shells and compilers can be ended together.
  const child = spawn(program, rest, {
    cwd: stage.directory,
    env: environment,
    stdio: ['ignore', log, log],
    detached: true,
  });
  const group = child.pid;
  const exit = new Promise<StageOutcome>((resolve) => {
    child.once('error', (error) => resolve(notStarted(program, stage.directory, environment['PATH'], error)));
    child.once('exit', (code, name) => {
      if (code === 0) resolve({ kind: 'passed' });
      else
        resolve(code === null ? { kind: 'signalled', signal: name ?? 'unknown' } : { kind: 'failed', exitCode: code });
    });
  });
  if (group === undefined) return exit;
  return supervise(group, exit, stage, signal);
}

async function supervise(
  group: number,
  exit: Promise<StageOutcome>,
  stage: Stage,
  signal: AbortSignal | undefined,
): Promise<StageOutcome> {
  let ended: { readonly outcome: StageOutcome; readonly group: Promise<void> } | undefined;
  const end = (outcome: StageOutcome): void => {
    ended ??= { outcome, group: endGroup(group, stage.graceMs) };
  };
  const onAbort = (): void => end({ kind: 'aborted' });
  const timer = setTimeout(() => end({ kind: 'timed-out', timeoutMs: stage.timeoutMs }), stage.timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const outcome = await exit;
    if (ended === undefined) return outcome;
    await ended.group;
    return ended.outcome;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function argvOf(stage: Stage): readonly [string, ...string[]] {
  return stage.command.kind === 'argv' ? stage.command.argv : ['/bin/sh', '-c', stage.command.script];
}

function notStarted(program: string, directory: string, path: string | undefined, error: Error): StageOutcome {
  return {
    kind: 'not-started',
    message: `cannot start ${program} in ${directory}: ${whyNotStarted(program, directory, path, error)}`,
  };
}

/** ENOENT of spawn names the program even when it is the directory that is missing; and the PATH of cron is short. */
function whyNotStarted(program: string, directory: string, path: string | undefined, error: Error): string {
  if (errorCode(error) !== 'ENOENT') return error.message;
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return 'there is no such directory';
  if (program.includes('/')) return 'there is no such program, or not the interpreter that it names';
  return `there is no such program in PATH=${path ?? ''}`;
}
