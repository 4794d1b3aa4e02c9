import { readFileSync, readlinkSync } from 'node:fs';
import { type ProcessStat, processIds, statOf } from './process-stat.js';

/** A living process of this host, as /proc/PID/stat has it. */
export interface Process extends Omit<ProcessStat, 'zombie'> {
  readonly pid: number;
}

/** All living processes that may be seen, zombies left out. Empty where there is no /proc. */
export function processTable(): Process[] {
  return processIds().flatMap((pid) => processOf(pid) ?? []);
}

/** Undefined when it has ended, also when only its parent has not asked for its exit status yet. */
export function processOf(pid: number): Process | undefined {
  const stat = statOf(pid);
  if (stat === undefined || stat.zombie) return undefined;
  const { zombie: _, ...rest } = stat;
  return { pid, ...rest };
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

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // gone meanwhile, or another user's
  }
}
