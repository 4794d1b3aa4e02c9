import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../../files/atomic-file.js';
import { ensureDirectory } from '../../files/ensure-directory.js';
import { stampOf } from '../stamp.js';
import { stateOf } from './entries.js';
import { inSource } from './place.js';
import type { Entry } from './tree.js';

/** What stood in a file: at which revision, as who last wrote it has left it, and its text. */
type Known = readonly [state: string, stamp: string, digest: string];

/**
 * What stood in each file when cvs had written it. By its time, in full seconds, cvs takes a file for its own that was
 * exchanged for another one of the same second, or whose time was set back: the text tells.
 */
export class Contents {
  readonly #directory: string;

  /** @param directory beside the journal; made when it is first needed */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Which files have another text than the same revision had before. Changes nothing. */
  differing(source: string, files: readonly Entry[]): Entry[] {
    return this.#compare(source, files).differing;
  }

  /**
   * The same, and keeps what stands in those that are not yet known at their revisions. To be called while no other run does.
   *
   * @throws the system's error
   */
  learn(source: string, files: readonly Entry[]): Entry[] {
    const { known, differing, isNews } = this.#compare(source, files);
    if (isNews) {
      ensureDirectory(this.#directory);
      replaceAtomically(this.#file, `${JSON.stringify([...known])}\n`);
    }
    return differing;
  }

  #compare(source: string, files: readonly Entry[]) {
    const before = this.#read();
    const known = new Map<string, Known>();
    const differing: Entry[] = [];
    let isNews = false;
    for (const file of files) {
      const past = before.get(file.path);
      const now = compare(inSource(source, file.bytes), stateOf(file), past);
      if (now === undefined) continue;
      if (past?.[0] === now[0] && past[2] !== now[2]) {
        differing.push(file);
        known.set(file.path, past);
        continue;
      }
      if (now !== past) isNews = true;
      known.set(file.path, now);
    }
    return { known, differing, isNews };
  }

  /** What cannot be parsed counts as nothing. */
  #read(): Map<string, Known> {
    try {
      const text = readRegularFile(this.#file, LIMIT);
      return new Map(text === undefined ? [] : (JSON.parse(text) as [string, Known][]));
    } catch {
      return new Map();
    }
  }

  get #file(): string {
    return join(this.#directory, 'contents.json');
  }
}

const LIMIT = 256 * 1024 * 1024;

/** The very same as before where the file was not written since; undefined where it cannot be read. */
function compare(path: Buffer, state: string, past: Known | undefined): Known | undefined {
  const stamp = stampOf(path);
  if (past?.[0] === state && past[1] === stamp) return past;
  try {
    return [state, stamp, digestOf(path)];
  } catch {
    return undefined;
  }
}

const CHUNK = 256 * 1024;

/** @throws the system's error */
function digestOf(path: Buffer): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash('sha1');
    const chunk = Buffer.alloc(CHUNK);
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) hash.update(chunk.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}
