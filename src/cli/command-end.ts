import type { CommandEnd } from '../compile/command.js';
import { exitCodeOfEnd } from './exit.js';
import { complain } from './failure.js';
import type { Stop } from './stop-signal.js';

/** What env(1), nice(1) and the shell say for a command that cannot be started. */
const NOT_STARTED = 127;

/** This program ends as the command that it has run. */
export function endAs(end: CommandEnd, stop: Stop): void {
  if (end.kind === 'not-started') complain(end.message);
  process.exitCode = end.kind === 'not-started' ? NOT_STARTED : exitCodeOfEnd(end, stop);
  if (end.kind === 'interrupted') stop.dieIfHungUp();
}
