import { basename, dirname, join, resolve } from 'node:path';
import { MeasuredClock, OWN_CLOCK, type ServerClock } from '../files/server-clock.js';
import { type Host, thisHost } from '../host/host.js';
import { syscalls } from '../host/syscalls.js';
import { NAMELESS_DIRECTORY_MS } from '../tables/locks.js';
import { agreeOnStrategy } from './agreement.js';
import { cifs, flockFallback } from './exclusive-file.js';
import { defaultPollMs, type Filesystem, filesystemOf } from './filesystem.js';
import { KernelLock } from './kernel-lock.js';
import { pathBeside } from './lock-name.js';
import type { LockPlace } from './lock-place.js';
import { lockdir } from './lockdir.js';
import type { Marker } from './marker.js';
import { LockError, type ObjectLock } from './object-lock.js';
import { asLockError, OwnedLock } from './owned-lock.js';
import { realDirectoryOf } from './real-directory.js';
import { DEFAULT_SETTINGS, type LockSettings } from './settings.js';
import type { Strategy } from './strategy.js';
import { Surroundings } from './surroundings.js';

export interface OpenOptions {
  /**
   * `auto`, the default, chooses by the file system of the target's directory and records the choice in it, so that
   * all hosts that share it choose the same.
   */
  readonly strategy?: Strategy | 'auto';
  /** How to wait; what is left out has the defaults of ct-lock-helper. */
  readonly settings?: Partial<LockSettings>;
  /** Gives each holder a token, counted in `T.lock.token`, which takes a write to the disk each time. */
  readonly fencing?: boolean;
}

/** What only the rest of the program asks for. */
export interface InternalOpenOptions extends OpenOptions {
  /** Whose point of view to take; for tests. */
  readonly host?: Host;
  /**
   * Whether lock directories are opened to the group everywhere, which is what ct-lock-helper promises, or only where a user
   * besides the directory's owner may write, which costs less. True by default.
   */
  readonly isOpened?: boolean;
  /** Where the lock stands; by default beside the target. */
  readonly place?: LockPlace;
}

const clocks = new Map<string, MeasuredClock>();

/**
 * The lock of a target. Nothing is taken yet; with `auto` the choice of strategy may be written into the directory.
 *
 * What each strategy promises: lockdir excludes on every file system; cifs on every one with an atomic O_EXCL; flock
 * among the processes of one host, on a local file system; fcntl across hosts where the server keeps such locks (NFSv4).
 * All are advisory and not recursive: the same process excludes itself, too.
 *
 * @param target path of what is protected; its directory must exist
 * @throws LockError when the directory is missing, or others use a strategy in it that does not work from here
 */
export function openLock(target: string, options: InternalOpenOptions = {}): ObjectLock {
  const directory = realDirectoryOf(target);
  const path = join(directory, basename(target));
  const place = options.place ?? { base: path, directory };
  const filesystem = examine(place.base);
  const wanted = options.strategy ?? 'auto';
  const strategy = wanted === 'auto' ? agreeOnStrategy(place.directory, filesystem) : wanted;
  const { pollMs, warnMs = DEFAULT_SETTINGS.warnMs, overdueMs = DEFAULT_SETTINGS.overdueMs } = options.settings ?? {};
  const common = {
    host: options.host ?? thisHost(),
    pollMs: pollMs ?? defaultPollMs(strategy, filesystem),
    warnMs,
    overdueMs,
    watched: filesystem.reach === 'local',
    fence: options.fencing === true ? { path: pathBeside(place.base, '.lock.token'), target: path } : undefined,
  };
  const owned = (marker: Marker, ownerlessMs: number): ObjectLock =>
    new OwnedLock(marker, { ...common, ownerlessMs, clock: clockOf(filesystem, place.directory) });

  switch (strategy) {
    case 'lockdir':
      return owned(
        lockdir(
          path,
          place.base,
          filesystem.reach === 'local' ? new Surroundings(place.base, options.isOpened ?? true) : undefined,
        ),
        NAMELESS_DIRECTORY_MS,
      );
    case 'cifs':
      // Older tools leave the file empty while they compile, so its age has to be one that no compile reaches.
      return owned(cifs(path, place.base, filesystem.reach), overdueMs);
    case 'flock': {
      const system = syscalls();
      return system === undefined
        ? owned(flockFallback(path, place.base), overdueMs)
        : new KernelLock('flock', path, { ...common, system }, place.base);
    }
    case 'fcntl': {
      const system = syscalls();
      if (system === undefined) {
        const why = 'strategy fcntl needs 64-bit Linux and the npm package koffi; use lockdir instead';
        throw new LockError(path, why, { code: 'unsupported' });
      }
      return new KernelLock('fcntl', path, { ...common, system }, place.base);
    }
  }
}

/** What may stand in a directory as a lock and outlive its owner. */
export type StandingLockKind = 'lockdir' | 'cifs' | 'flock-fallback';

interface StandingLockContext {
  readonly host: Host;
  readonly clock: ServerClock;
  readonly overdueMs: number;
  /** Whether no other host can see the directory. */
  readonly local: boolean;
}

/**
 * A lock that was found standing in its directory, to be inspected and broken by the clean-up. No agreement on a
 * strategy is asked for or made.
 *
 * @param overdueMs age at which an exclusive file without a name was abandoned; older tools write none into it
 */
export function openStandingLock(
  kind: StandingLockKind,
  target: string,
  { host, clock, overdueMs, local }: StandingLockContext,
): ObjectLock {
  const path = resolve(target);
  const marker = kind === 'lockdir' ? lockdir(path) : kind === 'cifs' ? cifs(path) : flockFallback(path);
  const ownerlessMs = kind === 'lockdir' ? NAMELESS_DIRECTORY_MS : overdueMs;
  const { pollMs = 100, warnMs } = DEFAULT_SETTINGS;
  return new OwnedLock(marker, { host, clock, ownerlessMs, pollMs, warnMs, overdueMs, watched: local });
}

function examine(path: string): Filesystem {
  try {
    return filesystemOf(dirname(path));
  } catch (error) {
    throw asLockError(path, error);
  }
}

function clockOf(filesystem: Filesystem, directory: string): MeasuredClock | typeof OWN_CLOCK {
  if (filesystem.reach === 'local') return OWN_CLOCK;
  let clock = clocks.get(directory);
  if (clock === undefined) {
    clock = new MeasuredClock();
    clocks.set(directory, clock);
  }
  return clock;
}
