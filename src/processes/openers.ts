import { readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { commandOf, processTable } from '../host/process-table.js';

/**
 * The processes of this host that have a file open, as far as that can be seen: of a user who may not look into others'
 * processes, those that run the given program count too, whatever they have open. Empty where there is no /proc.
 *
 * @param path absolute, without symbolic links
 */
export function openersOf(path: string, program: string): number[] {
  return processTable()
    .map(({ pid }) => pid)
    .filter((pid) => {
      const files = openFiles(pid);
      return files === undefined ? basename(commandOf(pid).split(' ')[0] ?? '') === program : files.includes(path);
    });
}

/** Undefined when this user may not know. */
function openFiles(pid: number): string[] | undefined {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).flatMap((fd) => {
      try {
        return [readlinkSync(`${directory}/${fd}`)];
      } catch {
        return []; // closed meanwhile
      }
    });
  } catch {
    return undefined;
  }
}
