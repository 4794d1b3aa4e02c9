import { performance } from 'node:perf_hooks';
import { isatty } from 'node:tty';
import { exitCodeOfSignal } from './exit.js';

export type StopName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** A request that this program end. */
export interface Stop {
  /** Fires at the first one. */
  readonly signal: AbortSignal;
  /** Fires at the second one: no more grace for anything. Only with `later: 'at-once'`. */
  readonly atOnce: AbortSignal;
  /** 128+N of the signal N that came first; of SIGTERM as long as none has. */
  readonly exitCode: () => number;
  /**
   * Ends this process by SIGHUP if that came first and its terminal is gone: Node aborts at its exit when it cannot restore
   * that. Without a terminal an exit code says the same, unless `always` is wanted.
   */
  readonly dieIfHungUp: (when?: 'always') => void;
}

export interface StopOptions {
  /**
   * What later signals do:
   *
   * - `ignored`: the end is under way and has a short time limit;
   * - `at-once`: the second one fires {@link Stop.atOnce}, and a third one ends this process as it would any other;
   * - `die`: the second one ends this process as it would any other.
   */
  readonly later?: 'ignored' | 'at-once' | 'die';
  /** Without SIGHUP where that means something else. */
  readonly names?: readonly StopName[];
  /** Called with the first one. */
  readonly onStop?: (name: StopName) => void;
}

/**
 * One request may arrive as several signals: timeout(1) signals its child and then the group of both, a shell hands on the
 * hang-up that the kernel has sent to the whole group, systemd sends TERM and HUP. No person presses a key twice as fast.
 */
export const SAME_REQUEST_MS = 300;

/** Handles INT, TERM and HUP, for every command that ends in order. */
export function stopSignal({
  later = 'ignored',
  names = ['SIGINT', 'SIGTERM', 'SIGHUP'],
  onStop,
}: StopOptions = {}): Stop {
  const controller = new AbortController();
  const hurry = new AbortController();
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let first: StopName | undefined;
  let lastMs = 0;
  const received = (name: StopName): void => {
    const nowMs = performance.now();
    if (first === undefined) {
      first = name;
      lastMs = nowMs;
      onStop?.(name);
      controller.abort();
    } else if (later !== 'ignored' && nowMs - lastMs >= SAME_REQUEST_MS) {
      lastMs = nowMs;
      if (later === 'die' || hurry.signal.aborted) dieOf(name);
      else hurry.abort();
    }
  };
  const handlers = names.map((name) => [name, (): void => received(name)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  const dieOf = (name: StopName): void => {
    for (const [each, handler] of handlers) process.removeListener(each, handler);
    process.kill(process.pid, name);
  };
  return {
    signal: controller.signal,
    atOnce: hurry.signal,
    exitCode: () => exitCodeOfSignal(first ?? 'SIGTERM'),
    dieIfHungUp: (when) => {
      if (first === 'SIGHUP' && (onTerminal || when === 'always')) dieOf('SIGHUP');
    },
  };
}
