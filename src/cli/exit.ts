import { constants } from 'node:os';
import type { CommandEnd } from '../compile/command.js';
import type { JobEnd } from '../scheduler/job.js';

/** Exit codes, as documented in docs/exit-codes.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, internal: 70, obstructed: 73, held: 75 } as const;

/** Ends the command with a message for a person and an exit code that is not a crash. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** As of a process that a signal has ended, in a shell. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * The exit code that hands on how a process has ended that this program ran.
 *
 * @param stop has the exit code of a program that was stopped by a signal
 */
export function exitCodeOfEnd(
  end: Exclude<CommandEnd, { kind: 'not-started' }> | JobEnd,
  stop: { readonly exitCode: () => number },
): number {
  switch (end.kind) {
    case 'succeeded':
      return EXIT.done;
    case 'failed':
      return end.exitCode;
    case 'exited':
      return end.code;
    case 'signalled':
      return exitCodeOfSignal(end.signal);
    case 'interrupted':
      return stop.exitCode();
    case 'vanished':
      return EXIT.internal;
  }
}
