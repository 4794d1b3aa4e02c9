import { constants } from 'node:os';
import { isatty } from 'node:tty';

type StopName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** That somebody wants this program to end. */
export interface Stop {
  readonly signal: AbortSignal;
  /** 128+N of the signal N that came first. */
  readonly exitCode: () => number;
  /** Ends this process by SIGHUP if its terminal is gone: Node aborts at its exit when it cannot restore that. */
  readonly dieIfHungUp: () => void;
}

/** Fires at the first INT, TERM or HUP. Later ones change nothing: the end is under way, and it has a time limit. */
export function stopSignal(): Stop {
  const controller = new AbortController();
  const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let first: StopName | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      first ??= name;
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    exitCode: () => 128 + constants.signals[first ?? 'SIGTERM'],
    dieIfHungUp: () => {
      if (first !== 'SIGHUP' || !onTerminal) return;
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
    },
  };
}
