import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** How long some waited for a lock, in milliseconds. */
export interface Waits {
  readonly meanWaitMs: number;
  readonly longestWaitMs: number;
}

export function summarize(waitsMs: readonly number[]): Waits {
  const sum = waitsMs.reduce((total, wait) => total + wait, 0);
  return {
    meanWaitMs: Math.round(sum / Math.max(waitsMs.length, 1)),
    longestWaitMs: Math.round(Math.max(0, ...waitsMs)),
  };
}

/** Milliseconds of the clock that all processes of a machine share and nobody sets. */
export function steadyMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Keeps all processors busy until the result is called. */
export function keepBusy(): () => void {
  const loops: ChildProcess[] = [];
  for (let count = availableParallelism(); count > 0; count--) {
    loops.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
  }
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}
