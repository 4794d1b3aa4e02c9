import { basename } from 'node:path';
import {
  createStageLock,
  type FoundStageLock,
  HEARTBEAT_MS,
  readStageLock,
  removeStageLock,
  type StageLockRecord,
  touchStageLock,
} from './stage-lock.js';

/** What is the same in all stage locks of one run. */
export type RunIdentity = Omit<StageLockRecord, 'stage' | 'since' | 'logFile'>;

/**
 * The stage locks that a run holds at the moment. They are removed one by one where the protocol says so, and by
 * nothing else: there is no exit handler and no `finally`, because a lock that an error leaves behind is how a person
 * learns of the error.
 */
export class HeldLocks {
  readonly identity: RunIdentity;
  readonly #now: () => Date;
  readonly #paths = new Set<string>();
  readonly #lost = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(identity: RunIdentity, now: () => Date) {
    this.identity = identity;
    this.#now = now;
  }

  get paths(): readonly string[] {
    return [...this.#paths];
  }

  /**
   * Makes a stage lock of this run.
   *
   * @param path its file; the name tells the stage
   * @returns `exists` when there is one already
   * @throws the system's error; then there is no lock
   */
  create(path: string, logFile?: string): 'created' | 'exists' {
    const [stage = ''] = basename(path).split('.');
    const since = this.#now().toISOString();
    const record = { stage, ...this.identity, since, ...(logFile === undefined ? {} : { logFile }) };
    const result = createStageLock(path, record);
    if (result === 'created') {
      this.#paths.add(path);
      this.#startHeartbeat();
    }
    return result;
  }

  /** Removes one of them. What is not this run's any more is left alone and remembered for {@link takeLost}. */
  remove(path: string): void {
    if (removeStageLock(path, this.identity.run) === 'lost') this.#lost.add(path);
    this.#paths.delete(path);
    if (this.#paths.size === 0) this.stopHeartbeat();
  }

  /** Locks that were removed by force while this run held them, each reported once. */
  takeLost(): readonly string[] {
    const lost = [...this.#lost];
    this.#lost.clear();
    return lost;
  }

  /** To be called when the run ends with locks left, so that the timer does not keep the process or look alive. */
  stopHeartbeat(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #startHeartbeat(): void {
    this.#timer ??= setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  #beat(): void {
    for (const path of this.#paths) {
      if (!touchStageLock(path, this.#now())) this.#lost.add(path);
    }
  }
}

/** Those of the named locks of a directory that are there (now). */
export function readStageLocks(paths: readonly string[]): FoundStageLock[] {
  return paths.flatMap((path) => readStageLock(path) ?? []);
}
