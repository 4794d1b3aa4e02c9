import { readdirSync, readFileSync } from 'node:fs';

/** A process as its line in /proc/PID/stat has it; proc(5) describes the fields. */
export interface ProcessStat {
  /** The kernel's letter for what it does: R, S, D (sleeps, and no signal ends it), T, ... */
  readonly state: string;
  /** The process that gets its exit status; an orphan is given to the nearest subreaper above it, or to the first process. */
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Start in clock ticks since boot: with the pid it identifies a process uniquely. */
  readonly startTicks: number;
  /** It has ended; only its parent has not asked for its exit status yet. */
  readonly zombie: boolean;
}

/** Undefined when the process has ended, or may not be looked at, or there is no /proc. */
export function statOf(pid: number | 'self'): ProcessStat | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  return parseStat(line);
}

/** The processes that there are. None where there is no /proc. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/**
 * The second field, the command's name in parentheses, may itself hold spaces and parentheses, so the fields are counted
 * from the last closing one. A zombie with other threads left still runs: only its first thread has ended.
 */
export function parseStat(line: string): ProcessStat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const [parent, group, session] = [Number(fields[1]), Number(fields[2]), Number(fields[3])];
  const threads = Number(fields[17]);
  const startTicks = Number(fields[19]);
  if (state === undefined || !Number.isFinite(startTicks)) return undefined;
  const zombie = (state === 'Z' || state === 'X') && !(threads > 1);
  return { state, parent, group, session, startTicks, zombie };
}
