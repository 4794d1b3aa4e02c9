import { closeSync, constants, mkdirSync, openSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** As much as the tests need at once; where it does not fit, the disk counts as full. */
const SPACE_BYTES = 20_000;
/** NFS keeps a file of a process that has just been killed for an instant, and its directory with it. */
const REMOVAL_MS = 3000;

/**
 * A directory of our own in the one that is examined, in which all tests are made. Only we may look into it; its name
 * has the form of a temporary's, so that a clean-up knows what to think of it should we be killed.
 */
export class Workplace {
  readonly name: string;
  readonly path: string;
  readonly #fd: number;

  /**
   * @param rooms directories in it, one for each test
   * @throws the system's error, for example EROFS, EACCES or ENOSPC; then nothing is left
   */
  constructor(directory: string, pid: number, rooms: readonly string[]) {
    this.name = `.stagelock-doctor${temporaryName({ name: thisHost().name, pid })}`;
    this.path = join(directory, this.name);
    mkdirSync(this.path, 0o700);
    try {
      this.#fd = openSync(this.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      rmdirSync(this.path);
      throw error;
    }
    try {
      writeFileSync(join(this.path, 'space'), Buffer.alloc(SPACE_BYTES), { flag: 'wx' });
      this.clear();
      for (const room of rooms) mkdirSync(join(this.path, room), 0o700);
    } catch (error) {
      this.clear();
      rmdirSync(this.path);
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Empties it, by way of a descriptor: others may have put a symbolic link in its place. */
  clear(): void {
    const inside = process.platform === 'linux' ? `/proc/self/fd/${this.#fd}` : this.path;
    for (const name of readdirSync(inside)) rmSync(join(inside, name), { recursive: true, force: true });
  }

  /**
   * Removes it with everything in it. To be called when no worker uses it any more.
   *
   * @throws the system's error when that is not possible
   */
  async remove(): Promise<void> {
    const end = performance.now() + REMOVAL_MS;
    try {
      while (!this.#removed(performance.now() >= end)) await pause(50);
    } finally {
      closeSync(this.#fd);
    }
  }

  #removed(mustSucceed: boolean): boolean {
    try {
      this.clear();
      rmdirSync(this.path);
      return true;
    } catch (error) {
      // Another process moved it away; what has its name now is not ours.
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return true;
      if (mustSucceed) throw error;
      return false;
    }
  }
}
