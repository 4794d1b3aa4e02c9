import { existsSync, lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { InTheWay } from '../files/in-the-way.js';
import type { ServerClock } from '../files/server-clock.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import { isThisHost } from '../host/host-name.js';
import { pause } from '../host/pause.js';
import { shellWord } from '../text/shell-word.js';
import { checkBreakOptions } from './arguments.js';
import { type Fence, withToken } from './fence.js';
import { onePerHost } from './host-mutex.js';
import type { Claim, Collective, Marker, Seen } from './marker.js';
import {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Inspection,
  LockError,
  type LockErrorCode,
  type ObjectLock,
} from './object-lock.js';
import { formatOwner, isSharedRecord, type Judgement, judge } from './owner.js';
import { type Waiting, waitFor } from './wait.js';

/** How long one attempt to remove a lock waits for its turn: a hundred times what a removal takes. */
const TURN_PATIENCE_MS = 100;

export interface OwnedLockContext extends Waiting {
  readonly host: Host;
  readonly clock: ServerClock;
  /** A marker without a name that is older than this was abandoned, in milliseconds. */
  readonly ownerlessMs: number;
  /** Where tokens are counted, if its holders get one. */
  readonly fence?: Fence | undefined;
  /** Those who may hold it together. */
  readonly sharers?: Collective | undefined;
}

/** An object lock that stands in the directory and outlives its owner: lockdir, cifs, and flock's stand-in. */
export class OwnedLock implements ObjectLock {
  readonly strategy;
  readonly target;
  readonly path;
  readonly #marker: Marker;
  readonly #context: OwnedLockContext;
  /** What we write into it. */
  readonly #record: string;

  constructor(marker: Marker, context: OwnedLockContext) {
    this.strategy = marker.strategy;
    this.target = marker.target;
    this.path = marker.path;
    this.#marker = marker;
    this.#context = context;
    this.#record = formatOwner({ host: context.host.name, pid: context.host.pid });
  }

  try(): HeldLock | undefined {
    try {
      const claim = this.#marker.make(this.#record);
      if (claim === undefined) return undefined;
      const held = new HeldMarker(this.path, claim);
      const { fence } = this.#context;
      return fence === undefined ? held : withToken(held, fence);
    } catch (error) {
      throw asLockError(this.path, error);
    }
  }

  acquire(options?: AcquireOptions): Promise<Acquisition> {
    return waitFor(this, this.#context, options);
  }

  inspect(): Inspection {
    const seen = this.#look();
    if (seen === undefined) return { kind: 'free' };
    if (isSharedRecord(seen.owner) && this.#context.sharers !== undefined) return this.#context.sharers.inspect(seen);
    return { kind: 'held', owner: seen.owner, sinceMs: seen.madeMs, judgement: this.#judge(seen) };
  }

  async break(options: BreakOptions = {}): Promise<BreakResult> {
    checkBreakOptions(options);
    const { force = false, ifStill } = options;
    const seen = this.#look();
    if (seen === undefined || (ifStill !== undefined && !isStill(seen, ifStill))) return { kind: 'changed' };
    if (isSharedRecord(seen.owner) && this.#context.sharers !== undefined) return this.#context.sharers.break(force);
    const judgement = this.#judge(seen);
    if (judgement.fate !== 'dead' && !force) return { kind: 'refused', why: judgement.why };
    // What has no owner record is removed by a step that fails once it has one, so it needs no serialising.
    if (seen.identity === undefined) return this.#takeAway(seen);

    const attempt = (): BreakResult => {
      const again = this.#look();
      if (again === undefined || again.identity !== seen.identity) return { kind: 'changed' };
      // Inode and text may both have come again, with a new owner of the dead one's pid.
      if (!force && this.#judge(again).fate !== 'dead') return { kind: 'changed' };
      return this.#takeAway(again);
    };
    // Another process is removing a lock of some other directory, most likely, and is done at once.
    const began = performance.now();
    let turn = await onePerHost(attempt);
    while (turn.kind === 'busy' && performance.now() - began < TURN_PATIENCE_MS) {
      await pause(1);
      turn = await onePerHost(attempt);
    }
    if (turn.kind === 'done') return turn.result;
    if (turn.kind === 'busy')
      return { kind: 'refused', why: 'another process of this host is removing locks right now' };
    return { kind: 'refused', why: `${judgement.why}, but nothing on this host can serialise its removal (no flock)` };
  }

  #look(): Seen | undefined {
    try {
      return this.#marker.look();
    } catch (error) {
      throw asLockError(this.path, error);
    }
  }

  #takeAway(seen: Seen): BreakResult {
    const alone = seen.owner === undefined || seen.owner.host === '' || isThisHost(seen.owner.host, this.#context.host);
    try {
      return { kind: this.#marker.takeAway(seen, alone) ? 'broken' : 'changed' };
    } catch (error) {
      // In a directory that is sticky, or not writable for us, only others can remove it: no reason to stop waiting.
      const code = errorCode(error);
      if (code === undefined) throw error;
      return { kind: 'refused', why: `this user may not remove it (${code})` };
    }
  }

  #judge(seen: Seen): Judgement {
    const { host, clock, ownerlessMs, watched, overdueMs } = this.#context;
    return judge(seen, {
      host,
      ownerlessMs,
      local: watched,
      overdueMs,
      clockOffsetMs: clock.offsetMs(dirname(this.path)),
    });
  }
}

function isStill(seen: Seen, { owner, sinceMs }: Extract<Inspection, { readonly kind: 'held' }>): boolean {
  return seen.owner?.host === owner?.host && seen.owner?.pid === owner?.pid && seen.madeMs === sinceMs;
}

class HeldMarker implements HeldLock {
  readonly path: string;
  readonly token = undefined;
  readonly #claim: Claim;
  #released = false;

  constructor(path: string, claim: Claim) {
    this.path = path;
    this.#claim = claim;
  }

  isOurs(): boolean {
    if (this.#released) return false;
    try {
      return this.#claim.stands();
    } catch (error) {
      if (error instanceof LockError) return false; // a symbolic link or the like
      throw asLockError(this.path, error);
    }
  }

  release(): 'released' | 'lost' {
    if (this.#released) return 'released';
    this.#released = true;
    // Lost: another process removed our lock by force, and what a third process has there now is not ours to remove.
    try {
      return this.#claim.giveBack() ? 'released' : 'lost';
    } catch (error) {
      if (error instanceof LockError) return 'lost'; // a symbolic link or the like
      throw asLockError(this.path, error);
    }
  }

  [Symbol.dispose](): void {
    this.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }
}

/** Turns the system's error into one that says what to do about it. */
export function asLockError(path: string, error: unknown): unknown {
  if (error instanceof LockError) return error;
  if (error instanceof InTheWay)
    return new LockError(error.path, `${error.what} is in the way; move it away`, {
      code: 'not-a-lock',
      cause: error,
    });
  const code = errorCode(error);
  if (code === undefined) return error;
  const [kind, message] = explain(code, dirname(path));
  return new LockError(path, refusal(code, path) ?? message, { code: kind, cause: error });
}

/** Why what stands there already is not for us; undefined when nothing does. */
function refusal(code: string, path: string): string | undefined {
  if (code !== 'EACCES' && code !== 'EPERM') return undefined;
  const there = ownerOf(path);
  if (there === undefined) return undefined;
  const mode = (there.mode & 0o777).toString(8);
  const whose = `no permission to use this lock, which belongs to user ${there.uid} and group ${there.gid} (mode ${mode})`;
  // Where the group may use it already, this user is not of the group.
  if ((there.mode & 0o060) === 0o060) return `${whose}; only members of that group may use it`;
  return `${whose}; have that user run: chmod 664 ${shellWord(path)}`;
}

function ownerOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // in a directory that we may not search
  }
}

function explain(code: string, directory: string): readonly [code: LockErrorCode, message: string] {
  switch (code) {
    case 'ENOENT':
      if (!existsSync(directory)) return ['no-directory', `${directory} does not exist`];
      return ['vanished', 'vanished while it was being made; try again'];
    case 'EACCES':
    case 'EPERM':
      return [
        'no-permission',
        `no permission to make a lock in ${directory}; the directory needs group write permission (and the setgid bit)`,
      ];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['no-space', 'no space left to make a lock, so nothing was changed; free some space'];
    case 'EROFS':
      return ['read-only', 'the file system is mounted read-only, so no lock can be made'];
    case 'ELOOP':
      return ['not-a-lock', 'is a symbolic link, not a lock; remove it'];
    case 'EISDIR':
      return ['not-a-lock', 'is a directory, not a lock file; remove it'];
    case 'ENXIO':
      return ['not-a-lock', 'is a socket or a named pipe, not a lock file; remove it'];
    case 'ENOTDIR':
      return ['no-directory', `${directory} is not a directory`];
    default:
      return ['system', `could not be made or removed (${code})`];
  }
}
