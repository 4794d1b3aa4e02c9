import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { errorCode, pause } from '../locks/index.js';
import { signalGroup } from './group.js';
import { type Keeper, startUnderKeeper } from './keeper.js';
import { membersAmong } from './members.js';
import { hasInEnvironment, type Process, processOf, processTable, worksIn } from './process-table.js';

/** A command to start. */
export interface CommandStart {
  readonly argv: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Descriptor of a file for its standard output and standard error. */
  readonly output: number;
  /**
   * What in its environment nothing else has, as `NAME=value`: the second best way to know what the command has started.
   * Without it only what stays in its session counts.
   */
  readonly marks: readonly string[];
}

/** How the process of a command itself ended. */
export type CommandExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string };

/** A command that runs. */
export interface StartedCommand {
  /** The process of the command itself, which began the session of all that it starts. */
  readonly top: number;
  readonly exit: Promise<CommandExit>;
  /** Its end is not waited for any more, and does not keep this process. */
  readonly abandon: () => void;
}

/** How soon the end of the last process is seen where no keeper tells it, milliseconds. */
const LOOK_MS = 5;

/**
 * A command with everything that it has started and that still runs.
 *
 * What belongs to it, best first:
 * - what descends from its keeper. That is exact, whatever the processes do; see native/keeper.
 * - where there is no keeper, or it was killed: its session, what has its marks in the environment it was started with,
 *   and what descends from these. A process that has left the session *and* cleaned its environment *and* lost its
 *   parent is not found, and another user's process only by its session or its parent.
 *
 * A cgroup would be exact, too, but a user may make one only below a systemd of their own, which cron does not start.
 */
export class CommandTree implements Endable {
  readonly exit: Promise<CommandExit>;
  readonly wholeGroups = true;
  readonly #top: number;
  readonly #abandon: () => void;
  readonly #marks: readonly string[];
  readonly #keeper: Keeper | undefined;
  #keeperState: 'none' | 'there' | 'done' | 'lost';

  private constructor({ top, exit, abandon }: StartedCommand, marks: readonly string[], keeper?: Keeper) {
    this.#top = top;
    this.#abandon = abandon;
    this.#marks = marks;
    this.#keeper = keeper;
    this.#keeperState = keeper === undefined ? 'none' : 'there';
    this.exit = exit;
    void keeper?.ended.then((how) => {
      this.#keeperState = how;
    });
  }

  /**
   * Starts a command without standard input, in a session of its own. Never throws: what keeps it from starting is
   * returned. If we are killed meanwhile, all of it goes on.
   */
  static async start(command: CommandStart): Promise<CommandTree | Error> {
    const keeper = command.marks.length === 0 ? undefined : await startUnderKeeper(command);
    if (keeper instanceof Error) return keeper;
    if (keeper !== undefined) return new CommandTree(keeper, command.marks, keeper);
    const alone = await startAlone(command);
    return alone instanceof Error ? alone : new CommandTree(alone, command.marks);
  }

  /** What runs of it at this moment, the oldest first. */
  members(): Process[] {
    if (this.#keeperState === 'done') return [];
    const all = processTable();
    // No /proc: the process group is all that can be asked for.
    if (all.length === 0) return signalGroup(this.#top, 0) ? [unseen(this.#top)] : [];
    const keeper = this.#keeperState === 'there' ? this.#keeper : undefined;
    if (keeper !== undefined) return membersAmong(all, ({ parent }) => parent === keeper.pid, process.pid);
    const inSession = ({ session }: Process): boolean => session === this.#top;
    if (this.#marks.length === 0) return all.filter(inSession);
    return membersAmong(
      all,
      (process) => inSession(process) || hasInEnvironment(process.pid, this.#marks),
      process.pid,
    );
  }

  /** Nothing waits for it any more: we may end although it goes on. */
  abandon(): void {
    this.#abandon();
  }

  /** Waits until nothing runs of it any more. False when something still does after this time, or when we were stopped. */
  async goneWithin(ms: number, stop?: AbortSignal): Promise<boolean> {
    const end = performance.now() + ms;
    if (this.#keeper !== undefined && this.#keeperState === 'there') await pause(ms, stop, this.#keeper.ended);
    if (this.#keeperState === 'done') return true;
    if (this.#keeperState === 'there') return false;
    return lookUntilGone(() => this.members(), end - performance.now(), stop);
  }
}

/** Processes that belong together, and that may have to be ended. */
export interface Endable {
  /** Whether each of them belongs with its whole process group. */
  readonly wholeGroups: boolean;
  members(): Process[];
  goneWithin(ms: number, stop?: AbortSignal): Promise<boolean>;
  abandon(): void;
}

/**
 * What a program has started and what has not made a session of its own: daemons do that, such as the ssh connection
 * that the next call shall find open.
 *
 * @param top the program, which was started in a session of its own
 * @param within only processes whose working directory is this one or below
 */
export function sessionOf(top: number, abandon: () => void, within?: string): Endable {
  const members = (): Process[] => {
    // Usually nothing is left, and this spares the look at all processes.
    if (within !== undefined && !signalGroup(top, 0)) return [];
    const all = processTable();
    if (all.length === 0) return within === undefined && signalGroup(top, 0) ? [unseen(top)] : [];
    return all.filter(({ pid, session }) => session === top && (within === undefined || worksIn(pid, within)));
  };
  return {
    wholeGroups: within === undefined,
    members,
    abandon,
    goneWithin: (ms, stop) => lookUntilGone(members, ms, stop),
  };
}

async function lookUntilGone(members: () => Process[], ms: number, stop?: AbortSignal): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    const there = members();
    if (there.length === 0) return true;
    do {
      if (performance.now() >= end || stop?.aborted) return false;
      await pause(LOOK_MS, stop);
    } while (there.some(isThere));
  }
}

function startAlone({ argv, directory, environment, output }: CommandStart): Promise<StartedCommand | Error> {
  const [program, ...rest] = argv;
  return new Promise((resolve) => {
    try {
      // detached: a session of its own, so that on a time-out make, its shells and compilers can be ended together.
      const child = spawn(program, rest, {
        cwd: directory,
        env: environment,
        stdio: ['ignore', output, output],
        detached: true,
      });
      child.once('error', resolve);
      const exit = new Promise<CommandExit>((ended) => {
        child.once('exit', (code, signal) => {
          ended(code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code });
        });
      });
      if (child.pid !== undefined) resolve({ top: child.pid, exit, abandon: () => child.unref() });
    } catch (error) {
      // Node throws for some reasons (E2BIG, a NUL in an argument) and emits `error` for the others.
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Sends a signal to processes: to their groups if these are theirs, so that none that is being born escapes it. */
export function signalAll(processes: readonly Process[], signal: NodeJS.Signals, wholeGroups: boolean): void {
  const signalled = new Set<number>();
  for (const process of processes) {
    const target = wholeGroups ? -process.group : process.pid;
    if (signalled.has(target) || !isThere(process)) continue;
    signalled.add(target);
    send(target, signal);
  }
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended meanwhile, or belongs to another user; what is left is looked at afterwards.
  }
}

/** Whether we may not signal it: it has another user. */
export function isOutOfReach({ pid }: Process): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** That one, and no other that has got its number. */
function isThere({ pid, startTicks, state }: Process): boolean {
  if (state === UNSEEN) return signalGroup(pid, 0);
  return processOf(pid)?.startTicks === startTicks;
}

const UNSEEN = '?';

function unseen(group: number): Process {
  return { pid: group, parent: 0, group, session: group, startTicks: 0, state: UNSEEN };
}
