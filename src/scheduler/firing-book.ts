import { join } from 'node:path';
import { removeAbandoned } from '../files/abandoned.js';
import { createExclusively, readRegularFile } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { integer, object, parseRecord, string, type TypeOf } from '../records/schema.js';
import { type Firing, parseFiring, timeOfFiring } from './firing.js';

/*
 * Which firings have been run, for all schedulers of a project, on whatever host:
 *
 *     firings/<build>/20261125T1110Z.1          a scheduler has claimed it
 *     firings/<build>/20261125T1110Z.2          another one has, since no run had begun some time after that
 *     firings/<build>/20261125T1110Z.started    a run has begun
 *
 * Each is created exclusively, which the file server decides. The first kind only spares the hosts starting a process each;
 * what counts is the last, which the run itself makes before it does anything: a scheduler may die at any point before, in
 * between or after, two may believe that it is theirs, a host may see all this late, and still one run begins. On a full disk
 * no entry appears, and nothing runs.
 */

/** The scheduler that made an entry. */
const CLAIMANT = object({ host: string(), pid: integer() });
export type Claimant = TypeOf<typeof CLAIMANT>;

/** A firing that a scheduler has claimed and no run has begun. */
export interface Unstarted {
  readonly firing: Firing;
  /** How often it was claimed. */
  readonly attempts: number;
}

const STARTED = 'started';

/** The firings of one build. */
export class FiringBook {
  readonly #directory: string;

  /** @param state the directory of the project's schedulers */
  constructor(state: string, build: string) {
    this.#directory = join(state, 'firings', build);
  }

  /**
   * Claims the right to run a firing.
   *
   * @param attempt 1, or one more than was found {@link unstarted}
   * @returns whether it is ours
   * @throws the system's error, for example ENOSPC; then it is claimed by none
   */
  claim(firing: Firing, attempt: number, { host, pid }: Claimant): boolean {
    return this.#create(`${firing.name}.${attempt}`, { host, pid });
  }

  /**
   * Begins the run of a firing; to be called by that run.
   *
   * @returns whether it is the only one
   * @throws the system's error, for example ENOSPC; then nothing has begun
   */
  begin(firing: Firing, { host, pid }: Claimant): boolean {
    return this.#create(`${firing.name}.${STARTED}`, { host, pid });
  }

  /** The scheduler that started it, for a message. */
  beginner(firing: Firing): Claimant | undefined {
    return readClaimant(join(this.#directory, `${firing.name}.${STARTED}`));
  }

  /** What was claimed and not begun, oldest first. */
  unstarted(): Unstarted[] {
    const names = namesIn(this.#directory);
    const started = new Set(names.filter((name) => name.endsWith(`.${STARTED}`)).map((name) => name.split('.')[0]));
    const found = new Map<string, Unstarted>();
    for (const entry of names) {
      const [name = '', attempt] = entry.split('.');
      const firing = parseFiring(name);
      if (firing === undefined || started.has(name) || !/^\d+$/.test(attempt ?? '')) continue;
      found.set(name, { firing, attempts: Math.max(found.get(name)?.attempts ?? 0, Number(attempt)) });
    }
    return [...found.values()];
  }

  /** @returns how often it was claimed; undefined when it has begun, or was never claimed */
  attempts(firing: Firing): number | undefined {
    return this.unstarted().find((one) => one.firing.name === firing.name)?.attempts;
  }

  /** Removes what is too old to be asked for. @param beforeMs milliseconds since 1970 */
  prune(beforeMs: number): void {
    removeAbandoned(this.#directory, Date.now());
    this.#remove((firing) => timeOfFiring(firing) < beforeMs);
  }

  /**
   * Removes what this host has written of times that are still to come: its clock was ahead of the time and was put right.
   *
   * @param isStillToCome says so of a firing
   */
  forget(host: string, isStillToCome: (firing: Firing) => boolean): void {
    this.#remove((firing, path) => isStillToCome(firing) && readClaimant(path)?.host === host);
  }

  #create(name: string, claimant: Claimant): boolean {
    ensureDirectory(this.#directory);
    return createExclusively(join(this.#directory, name), `${JSON.stringify(claimant)}\n`) === 'created';
  }

  #remove(which: (firing: Firing, path: string) => boolean): void {
    for (const name of namesIn(this.#directory)) {
      const firing = parseFiring(name.split('.')[0] ?? '');
      const path = join(this.#directory, name);
      if (firing !== undefined && which(firing, path)) removeIfThere(path);
    }
  }
}

function readClaimant(path: string): Claimant | undefined {
  try {
    return parseRecord(CLAIMANT, readRegularFile(path, 4096) ?? '');
  } catch {
    return undefined; // gone, or not one of ours
  }
}
