import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { removeIfThere } from './directory-entries.js';
import { InTheWay, kindOf, obstacleOf } from './in-the-way.js';
import { temporaryName } from './temporary-name.js';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

/** More than this of a file with a second name is not copied; the file under the other name has it. */
const COPIED_BYTES = 64 * 1024 * 1024;
/** Another process would have to replace the file at this very moment, each time. */
const ATTEMPTS = 20;

/**
 * Opens a file of ours to append to it, and makes it where there is none. Links and whatever is no regular file are in the
 * way.
 *
 * A file that has a second name is not written to: it may be another user's file that was linked here to have us write
 * into it, or a backup (`cp -al`, rsnapshot) that is to stay as it is. It is replaced by a copy, which from then on is the
 * only one that changes. A process that reads the file meanwhile sees the old one or the copy, whole.
 *
 * A process that dies here leaves the file as it was, and at most a temporary. Two at once may each make a copy; what
 * the first one has appended by then is in one of them only.
 *
 * @returns a descriptor, also for reading
 * @throws InTheWay; the system's error, for example ENOSPC
 */
export function openToAppend(path: string, mode = 0o664): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const fd = open(path, mode);
    let isKept = false;
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw new InTheWay(path, kindOf(stat));
      // Looked at by its name after it was opened: a file that had another name then had two, whatever became of one since.
      const named = lstatSync(path, { throwIfNoEntry: false });
      if (named === undefined || named.ino !== stat.ino || named.dev !== stat.dev) continue;
      isKept = named.nlink === 1;
      if (isKept) return fd;
      return copyOf(fd, path, stat);
    } finally {
      if (!isKept) closeSync(fd);
    }
  }
  throw new InTheWay(path, 'a file that changes all the time');
}

function open(path: string, mode: number): number {
  try {
    return openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, mode);
  } catch (error) {
    throw obstacleOf(error) ?? error;
  }
}

/** Puts a copy in the place of a file, and returns its descriptor. */
function copyOf(from: number, path: string, stat: Stats): number {
  const temporary = join(dirname(path), temporaryName());
  const fd = openSync(
    temporary,
    O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW,
    0o600 | copiedMode(stat, dirname(path)),
  );
  try {
    if (stat.size <= COPIED_BYTES) copy(from, fd);
    renameSync(temporary, path);
    return fd;
  } catch (error) {
    closeSync(fd);
    removeIfThere(temporary);
    throw error;
  }
}

/** The copy must not be readable by more users than the file: it gets the group of its directory, or ours. */
function copiedMode({ mode, gid }: Stats, directory: string): number {
  const groups = [lstatSync(directory).gid, process.getegid?.()];
  return mode & (groups.every((group) => group === gid) ? 0o666 : 0o606);
}

function copy(from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  for (let at = 0; ; ) {
    const length = readSync(from, buffer, 0, buffer.length, at);
    if (length === 0) return;
    appendWhole(to, buffer.subarray(0, length));
    at += length;
  }
}

/**
 * Appends bytes. One write, and where the disk is full or a signal comes in its middle another one for the rest, which says
 * so.
 *
 * @throws the system's error; a part may have been written
 */
export function appendWhole(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

const LINE_FEED = 10;

/**
 * Appends a line to a file that consists of lines, such that it is a line of its own: one that was cut off before it, by a
 * full disk or a power cut, does not swallow it.
 *
 * Whether the file ends in the middle of a line is looked at before the line is written, in one write. Another process may
 * be cut off between the two, so the line is looked for afterwards, and written again where it was swallowed. No lock is
 * needed, then: what was appended is never moved.
 *
 * A file system may show the first half of a line that another process is writing (ext4 raises the size page by page). An
 * empty line then stands between the two; readers pass over it.
 *
 * @param line without its end
 * @throws the system's error; then a part of the line may be there, which the next one does not continue
 */
export function appendLine(fd: number, line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    appendWhole(fd, endsInLine(fd) ? Buffer.concat([Buffer.of(LINE_FEED), bytes]) : bytes);
    if (isALine(fd, bytes)) return;
  }
}

function endsInLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== LINE_FEED;
}

/** How much others may have appended since. */
const LOOKED_BACK = 64 * 1024;

function isALine(fd: number, line: Uint8Array): boolean {
  const { size } = fstatSync(fd);
  const start = Math.max(0, size - line.length - LOOKED_BACK);
  const tail = Buffer.alloc(size - start);
  const length = readSync(fd, tail, 0, tail.length, start);
  const at = tail.subarray(0, length).lastIndexOf(line);
  // Not found: cut away or pushed out of sight by others; writing it again would not make that better.
  return at < 0 || start + at === 0 || tail[at - 1] === LINE_FEED;
}
