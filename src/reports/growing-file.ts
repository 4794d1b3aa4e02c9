import { constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { removeIfThere } from '../files/directory-entries.js';
import { temporaryName } from '../files/temporary-name.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

const BUFFERED = 64 * 1024;

/** A file that is written from its beginning to its end, in pieces that are put together before they reach the disk. */
export class GrowingFile {
  readonly fd: number;
  #pieces: string[] = [];
  #length = 0;

  /** @param fd of an empty file, open for writing; the caller that opened it closes it */
  constructor(fd: number) {
    this.fd = fd;
  }

  /** A file without a name, which is gone when its descriptor is closed. @throws the system's error */
  static unnamed(directory: string): GrowingFile {
    const path = join(directory, temporaryName());
    const file = new GrowingFile(openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    removeIfThere(path);
    return file;
  }

  /** @throws the system's error, for example ENOSPC */
  write(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length >= BUFFERED) this.flush();
  }

  /** @throws the system's error */
  flush(): void {
    if (this.#pieces.length === 0) return;
    writeAll(this.fd, Buffer.from(this.#pieces.join('')));
    this.#pieces = [];
    this.#length = 0;
  }

  /** How many bytes it has, for {@link cutTo}. */
  mark(): number {
    this.flush();
    return fstatSync(this.fd).size;
  }

  /** Forgets what was written after a mark. */
  cutTo(mark: number): void {
    this.flush();
    ftruncateSync(this.fd, mark);
  }

  /** Writes all of another one at the end of this. */
  append(other: GrowingFile): void {
    this.flush();
    other.flush();
    const buffer = Buffer.allocUnsafe(16 * BUFFERED);
    for (let at = 0; ; ) {
      const read = readSync(other.fd, buffer, 0, buffer.length, at);
      if (read === 0) return;
      writeAll(this.fd, buffer.subarray(0, read));
      at += read;
    }
  }
}

/** At the end of the file, also when it was cut. */
function writeAll(fd: number, bytes: Buffer): void {
  const at = fstatSync(fd).size;
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(fd, bytes, written, bytes.length - written, at + written);
  }
}
