import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { isatty } from 'node:tty';

type StopName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** That somebody wants this program to end. */
export interface Stop {
  readonly signal: AbortSignal;
  /** Fires at the second one: no more grace for anything. Never with `later: 'nothing'`. */
  readonly atOnce: AbortSignal;
  /** 128+N of the signal N that came first. */
  readonly exitCode: () => number;
  /** Ends this process by SIGHUP if its terminal is gone: Node aborts at its exit when it cannot restore that. */
  readonly dieIfHungUp: () => void;
}

/**
 * One wish to end may arrive as several signals: timeout(1) signals its child and then the group of both, a shell hands on
 * the hang-up that the kernel has sent to the whole group, systemd sends TERM and HUP. Nobody presses a key twice as fast.
 */
export const SAME_WISH_MS = 300;

/**
 * Fires at the first INT, TERM or HUP.
 *
 * @param later what later ones do, but those that belong to the first: nothing, where the end is under way and has a short
 *   time limit; or the second one fires `atOnce`, and a third one ends this process as it would any other
 */
export function stopSignal(later: 'nothing' | 'hurry' = 'nothing'): Stop {
  const controller = new AbortController();
  const hurry = new AbortController();
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let first: StopName | undefined;
  let lastMs = 0;
  const handlers = names.map((name) => {
    const handler = (): void => {
      const nowMs = performance.now();
      if (first === undefined) {
        first = name;
        lastMs = nowMs;
        controller.abort();
      } else if (later === 'hurry' && nowMs - lastMs >= SAME_WISH_MS) {
        lastMs = nowMs;
        if (hurry.signal.aborted) dieOf(name);
        else hurry.abort();
      }
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  const dieOf = (name: StopName): void => {
    for (const [each, handler] of handlers) process.removeListener(each, handler);
    process.kill(process.pid, name);
  };
  return {
    signal: controller.signal,
    atOnce: hurry.signal,
    exitCode: () => 128 + constants.signals[first ?? 'SIGTERM'],
    dieIfHungUp: () => {
      if (first === 'SIGHUP' && onTerminal) dieOf('SIGHUP');
    },
  };
}
