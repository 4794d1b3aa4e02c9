import { readFileSync } from 'node:fs';
import { processIds } from '../host/process-stat.js';
import { RUN_VARIABLE } from './members.js';

/** In the environment of a stage that may leave processes behind on purpose. */
export const MAY_LEAVE_VARIABLE = 'STAGELOCK_MAY_LEAVE';

/** What a run puts into the environment of everything that it starts, as far as it says whose a process is. */
export interface Marks {
  /** The random id of the run. */
  readonly run: string;
  readonly build: string;
  /** The build directory, as the configuration of that run had it. */
  readonly directory: string;
  readonly source: string;
  /** Undefined for the programs of the update. */
  readonly stage: string | undefined;
  readonly mayLeave: boolean;
}

/** A process that bears the marks of a run. */
export interface Marked {
  readonly pid: number;
  readonly marks: Marks;
}

/**
 * The marks of a process. Undefined without them, and for processes of other users, whose environment may not be read
 * (but by root). A process says of itself what stands here; it can only speak for itself, so that is what it counts for.
 */
export function marksOf(pid: number): Marks | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return undefined; // gone meanwhile, or another user's
  }
  if (!text.includes(`${RUN_VARIABLE}=`)) return undefined;
  const environment = new Map(
    text.split('\0').flatMap((entry) => {
      const end = entry.indexOf('=');
      return end > 0 ? [[entry.slice(0, end), entry.slice(end + 1)] as const] : [];
    }),
  );
  const [run, build, directory, source] = [
    RUN_VARIABLE,
    'STAGELOCK_BUILD',
    'STAGELOCK_BUILD_DIR',
    'STAGELOCK_SOURCE',
  ].map((name) => environment.get(name));
  if (run === undefined || build === undefined || directory === undefined || source === undefined) return undefined;
  const mayLeave = (environment.get(MAY_LEAVE_VARIABLE) ?? '') !== '';
  return { run, build, directory, source, stage: environment.get('STAGELOCK_STAGE'), mayLeave };
}

/**
 * All processes on this host that bear the marks of a run, but this one. Costs some 25 us for each process that there is
 * (492 processes: 14 ms), so a run with nothing to build does not ask.
 */
export function markedProcesses(): Marked[] {
  return processIds().flatMap((pid) => {
    const marks = pid === process.pid ? undefined : marksOf(pid);
    return marks === undefined ? [] : [{ pid, marks }];
  });
}
