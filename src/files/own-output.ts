import { fstatSync, ftruncateSync, lstatSync, readlinkSync } from 'node:fs';
import { readEnds, replaceAtomically } from './atomic-file.js';

/** The file that standard output of this process goes to; undefined when it is none, has been removed, or this is not Linux. */
export function ownOutputFile(): string | undefined {
  try {
    const path = readlinkSync('/proc/self/fd/1');
    const [ours, there] = [fstatSync(1), lstatSync(path)];
    return ours.isFile() && ours.ino === there.ino && ours.dev === there.dev ? path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the file that standard output is appended to from growing for ever: when it has more than some bytes, they become `FILE.1`,
 * and the file is empty. It is not renamed, because a shell has opened it and others may be writing to it; what one of them writes
 * in the same moment may be lost, which is a line of progress.
 *
 * On a full disk, or where nothing can be put beside it, it stays as it is. To be called before the first line: what writes nothing leaves it
 * alone.
 *
 * @param file the only one that is ours to limit: any other belongs to a person
 * @param most bytes
 */
export function rotateOwnOutput(file: string, most: number): void {
  try {
    const [{ ino, dev, size }, there] = [fstatSync(1), lstatSync(file, { throwIfNoEntry: false })];
    if (there?.isFile() !== true || there.ino !== ino || there.dev !== dev) return;
    if (size <= most) return;
    // Of one that grew before it was limited, the end is enough.
    replaceAtomically(`${file}.1`, readEnds(file, 0, most, size)?.tail ?? '');
    ftruncateSync(1, 0);
  } catch {
    // It is only progress.
  }
}
