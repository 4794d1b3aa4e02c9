import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A living process of this host, as /proc/PID/stat has it. */
export interface Process {
  readonly pid: number;
  /** Who gets its exit status; an orphan is given to the nearest subreaper above it, or to the first process. */
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Start in clock ticks since boot: with its number it names a process for good. */
  readonly startTicks: number;
  /** The kernel's letter for what it does: R, S, D (sleeps, and no signal ends it), T, ... */
  readonly state: string;
}

/** All living processes that may be seen, zombies left out. Empty where there is no /proc. */
export function processTable(): Process[] {
  return processIds().flatMap((pid) => processOf(pid) ?? []);
}

/** Undefined when it has ended, also when only its parent has not asked for its exit status yet. */
export function processOf(pid: number): Process | undefined {
  const line = readProc(pid, 'stat');
  return line === undefined ? undefined : parseProcess(pid, line);
}

/** Whether a process has the variable in the environment that it was started with. False for those of other users. */
export function hasInEnvironment(pid: number, variables: readonly string[]): boolean {
  const environment = readProc(pid, 'environ')?.split('\0');
  return environment !== undefined && variables.every((variable) => environment.includes(variable));
}

/** Whether the working directory of a process is this one or below it. False for those of other users. */
export function worksIn(pid: number, directory: string): boolean {
  try {
    const place = readlinkSync(`/proc/${pid}/cwd`);
    return place === directory || place.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
  } catch {
    return false;
  }
}

/** The command line, as the process shows it: whatever characters it has put there. Its name, for want of one. */
export function commandOf(pid: number): string {
  const line = readProc(pid, 'cmdline')?.replaceAll('\0', ' ').trim() ?? '';
  return line === '' ? (readProc(pid, 'comm')?.trim() ?? '') : line;
}

/** Its program and arguments, as the process shows them. Empty for a thread of the kernel and for one that has ended. */
export function argumentsOf(pid: number): string[] {
  return readProc(pid, 'cmdline')?.split('\0').slice(0, -1) ?? [];
}

function parseProcess(pid: number, line: string): Process | undefined {
  // The command's name, in parentheses, may hold spaces and parentheses itself.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state = 'X'] = fields;
  const [parent, group, session] = fields.slice(1, 4).map(Number);
  const threads = Number(fields[17]);
  const startTicks = Number(fields[19]);
  if (parent === undefined || group === undefined || session === undefined || Number.isNaN(startTicks))
    return undefined;
  // With other threads left only its first one has ended.
  if ((state === 'Z' || state === 'X') && !(threads > 1)) return undefined;
  return { pid, parent, group, session, startTicks, state };
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
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // gone meanwhile, or somebody else's
  }
}
