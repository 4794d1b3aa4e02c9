import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { pause } from '../host/pause.js';
import { hasInEnvironment, type Process, processTable } from '../host/process-table.js';
import { type Endable, lookUntilGone, Seen, send, unseen } from './endable.js';
import { signalGroup } from './group.js';
import { type Keeper, startUnderKeeper } from './keeper.js';
import { membersAmong } from './members.js';
import type { CommandExit, CommandStart, StartedCommand } from './started-command.js';

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
  readonly #seen = new Seen();
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
   * returned. If we are killed meanwhile, all of it keeps running.
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
    return this.#seen.among(all, (process) => inSession(process) || hasInEnvironment(process.pid, this.#marks));
  }

  /** Nothing waits for it any more: we may end while it keeps running. */
  abandon(): void {
    this.#abandon();
    // One that was stopped would stay for ever.
    if (this.#keeper !== undefined && this.#keeperState === 'there') send(this.#keeper.pid, 'SIGCONT');
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
