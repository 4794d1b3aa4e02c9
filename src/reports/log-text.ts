import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readPart } from '../files/file-part.js';
import { decodeText } from '../updates/text.js';

/** What a report takes of each end of a log. */
const KEPT = 64 * 1024;

/**
 * The text of a log, for a report. Of a long one the beginning and the end, with a line between them that says how much
 * was left out.
 *
 * @param from where it begins in the file, in bytes
 * @param to where it ends
 * @throws the system's error
 */
export function readLogText(file: string, from: number, to: number): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const size = Math.min(to, fstatSync(fd).size);
    const length = Math.max(0, size - from);
    if (length <= 2 * KEPT) return decodeText(readPart(fd, from, length));
    const left = length - 2 * KEPT;
    return `${decodeText(readPart(fd, from, KEPT))}\n[... ${left} bytes left out; the whole text is in ${file}]\n${decodeText(readPart(fd, size - KEPT, KEPT))}`;
  } finally {
    closeSync(fd);
  }
}
