import { commandOf } from '../host/process-table.js';
import { membersOfRun } from './members.js';

/** A process that a run has started and that has outlived it. */
export interface Survivor {
  readonly pid: number;
  readonly command: string;
}

/**
 * Finds the processes that a dead run left behind: when stagelock itself is killed, its compilers go on. The environment
 * of other users' processes cannot be read (but by root), so of theirs it sees only what descends from one of ours.
 */
export function survivorsOf(run: string): Survivor[] {
  return membersOfRun(run).map(({ pid }) => ({ pid, command: commandOf(pid) }));
}
