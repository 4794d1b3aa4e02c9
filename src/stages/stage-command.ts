import type { Stage } from '../config/project.js';
import { errorCode } from '../host/error-code.js';
import { CommandTree } from '../processes/command-tree.js';
import { directoryProblem } from '../processes/directory-problem.js';
import { type Ending, endTree, type Patience } from '../processes/ending.js';
import { RUN_VARIABLE } from '../processes/members.js';
import type { CommandExit } from '../processes/started-command.js';

/** How the command of a stage ended. */
export type StageOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly exitCode: number }
  /** It died of a signal that we did not send. */
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed-out'; readonly timeoutMs: number }
  /** Its command ended with 0, but its log has errors, and these count. */
  | {
      readonly kind: 'errors-found';
      readonly errors: number;
      /** Whether there may be more. */
      readonly orMore: boolean;
    }
  /** There is no such program or directory. */
  | { readonly kind: 'not-started'; readonly message: string }
  /** Ended because the run itself was asked to stop. */
  | { readonly kind: 'aborted' };

/**
 * The end of a stage: of its command, and of all that this had started. Unless `left` says otherwise nothing of it runs
 * any more, but for what a stage with `may_leave` has left behind.
 */
export interface StageEnd extends Ending {
  readonly outcome: StageOutcome;
}

export interface StageRun {
  readonly stage: Stage;
  /** The whole environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Descriptor of the open log; the command writes to it directly, so that a long log costs no memory here. */
  readonly log: number;
  readonly signal?: AbortSignal;
}

/** In the environment of a stage: its name. With the run's id that tells its processes from those of other stages. */
export const STAGE_VARIABLE = 'STAGELOCK_STAGE';

/** A job in the background that is about to end (a file still to be written) is left to it. */
const NATURAL_MS = 2000;
/** A file server that answers again after this long must not have cost a run. */
const VANISH_MS = 10_000;

const NOTHING: Ending = { ended: [], left: [] };

/**
 * Runs the command of a stage, without standard input, until nothing runs any more of all that it has started, however
 * the command itself has ended. Never throws for what the command does.
 */
export async function runStageCommand({ stage, environment, log, signal }: StageRun): Promise<StageEnd> {
  const argv = argvOf(stage);
  const [program] = argv;
  if (signal?.aborted) return { outcome: { kind: 'aborted' }, ...NOTHING };
  // What a stage may leave behind is known by its having left the session; for that no keeper is needed, which would
  // have to live as long.
  const marks = stage.mayLeave ? [] : marksOf(environment);
  const tree = await CommandTree.start({ argv, directory: stage.directory, environment, output: log, marks });
  if (tree instanceof Error) {
    return { outcome: notStarted(program, stage.directory, environment['PATH'], tree), ...NOTHING };
  }
  const outcome = await outcomeOf(tree.exit, stage, signal);
  if (stage.mayLeave && (outcome.kind === 'passed' || outcome.kind === 'failed')) return { outcome, ...NOTHING };
  const wasEnded = outcome.kind === 'timed-out' || outcome.kind === 'aborted';
  const ending = await endTree(tree, patienceOf(stage, wasEnded), signal);
  return { outcome: signal?.aborted ? { kind: 'aborted' } : outcome, ...ending };
}

function patienceOf({ graceMs }: Stage, wasEnded: boolean): Patience {
  return { naturalMs: wasEnded ? 0 : NATURAL_MS, graceMs, vanishMs: VANISH_MS };
}

function marksOf(environment: NodeJS.ProcessEnv): string[] {
  return [RUN_VARIABLE, STAGE_VARIABLE].flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

/** The end of the command itself, or the reason to end it. */
function outcomeOf(exit: Promise<CommandExit>, stage: Stage, signal: AbortSignal | undefined): Promise<StageOutcome> {
  return new Promise((resolve) => {
    const end = (outcome: StageOutcome): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onAbort = (): void => end({ kind: 'aborted' });
    const timer = setTimeout(() => end({ kind: 'timed-out', timeoutMs: stage.timeoutMs }), stage.timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    void exit.then((how) => {
      if (how.kind === 'signalled') end(how);
      else end(how.code === 0 ? { kind: 'passed' } : { kind: 'failed', exitCode: how.code });
    });
  });
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

/** spawn names the program even when it is the directory that is missing; and the PATH of cron is short. */
function whyNotStarted(program: string, directory: string, path: string | undefined, error: Error): string {
  const problem = directoryProblem(directory);
  if (problem === 'closed') return 'there is no permission to enter that directory';
  if (errorCode(error) !== 'ENOENT') return error.message;
  if (problem !== undefined) return 'there is no such directory';
  if (program.includes('/')) return 'there is no such program, or the interpreter that it names is missing';
  return `there is no such program in PATH=${path ?? ''}`;
}
