import { readSync } from 'node:fs';

/**
 * A part of an open file, with as many reads as that takes; less of it where the file ends.
 *
 * @param from where it begins, in bytes
 * @throws the system's error
 */
export function readPart(fd: number, from: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, buffer, done, length - done, from + done);
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}
