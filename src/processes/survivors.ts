import { readdirSync, readFileSync } from 'node:fs';

/** In the environment of everything that a run starts: the random id of the run. */
export const RUN_VARIABLE = 'STAGELOCK_RUN';

/** A process that a run has started and that has outlived it. */
export interface Survivor {
  readonly pid: number;
  readonly command: string;
}

/**
 * Finds the processes that a dead run left behind, by the run's id in their environment: when stagelock itself is
 * killed, its compilers go on. Sees those of the own user only (of everybody, as root), and only on Linux.
 */
export function survivorsOf(run: string): Survivor[] {
  const mark = `${RUN_VARIABLE}=${run}`;
  return processIds().flatMap((pid) => {
    const environment = readProc(pid, 'environ');
    if (environment === undefined || !environment.split('\0').includes(mark)) return [];
    return [{ pid, command: readProc(pid, 'cmdline')?.split('\0').join(' ').trim() ?? '' }];
  });
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined; // gone meanwhile, or somebody else's
  }
}
