import { basename, dirname, join, resolve } from 'node:path';
import { MeasuredClock, OWN_CLOCK, type ServerClock } from '../files/server-clock.js';
import { type Host, thisHost } from '../host/host.js';
import { type LockKind, type Syscalls, syscalls } from '../host/syscalls.js';
import { NAMELESS_DIRECTORY_MS } from '../tables/locks.js';
import { agreeOnStrategy } from './agreement.js';
import { cifs, flockFallback } from './exclusive-file.js';
import type { Fence } from './fence.js';
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
import { Sharers, sharedDirectory } from './sharers.js';
import type { Strategy } from './strategy.js';
import { Surroundings } from './surroundings.js';
import type { Waiting } from './wait.js';

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
  return exclusiveLockOf(openingOf(target, options));
}

/** What is needed to hold a lock together with others, besides the lock itself. */
export interface Shareable {
  readonly lock: ObjectLock;
  /** Where what sharing takes stands. */
  readonly directory: string;
  readonly waiting: Waiting;
  /** The strategies of the kernel know such locks themselves, and the others do not. */
  readonly together: { readonly kernel: ObjectLock } | { readonly sharers: Sharers };
  /** An ordinary lock of the same kind in that directory. */
  readonly part: (name: string) => ObjectLock;
}

/** As {@link openLock}, for a lock that is to be shared. */
export function openShareable(target: string, options: InternalOpenOptions = {}): Shareable {
  const opening = openingOf(target, options);
  const { common, place } = opening;
  const directory = sharedDirectory(place.base);
  return {
    lock: exclusiveLockOf(opening),
    directory,
    waiting: common,
    together:
      opening.system === undefined
        ? { sharers: sharersOf(opening, markerOf(opening)) }
        : { kernel: kernelLockOf(opening, place.base, 'shared') },
    part: (name) => partOf(opening, join(directory, name), false),
  };
}

/** What has been found out of a lock to be opened. */
interface Opening {
  readonly path: string;
  readonly place: LockPlace;
  readonly filesystem: Filesystem;
  readonly options: InternalOpenOptions;
  readonly common: Waiting & { readonly host: Host; readonly fence: Fence | undefined };
}
type KernelOpening = Opening & { readonly strategy: 'flock' | 'fcntl'; readonly system: Syscalls };
type MarkerOpening = Opening & { readonly strategy: 'lockdir' | 'cifs' | 'flock'; readonly system: undefined };

function openingOf(target: string, options: InternalOpenOptions): KernelOpening | MarkerOpening {
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
  const opening = { path, place, filesystem, options, common };
  if (strategy === 'lockdir' || strategy === 'cifs') return { ...opening, strategy, system: undefined };
  const system = syscalls();
  if (system !== undefined) return { ...opening, strategy, system };
  if (strategy === 'flock') return { ...opening, strategy, system };
  const why = 'strategy fcntl needs 64-bit Linux and the npm package koffi; use lockdir instead';
  throw new LockError(path, why, { code: 'unsupported' });
}

function exclusiveLockOf(opening: KernelOpening | MarkerOpening): ObjectLock {
  if (opening.system !== undefined) return kernelLockOf(opening, opening.place.base, 'exclusive');
  const marker = markerOf(opening);
  return ownedLockOf(opening, marker, ownerlessMsOf(opening), sharersOf(opening, marker));
}

function kernelLockOf({ strategy, path, common, system }: KernelOpening, base: string, kind: LockKind): ObjectLock {
  const fence = kind === 'shared' ? undefined : common.fence;
  return new KernelLock(strategy, path, { ...common, fence, system, kind }, base);
}

function ownedLockOf(
  { common, filesystem, place }: Opening,
  marker: Marker,
  ownerlessMs: number,
  sharers?: Sharers,
): OwnedLock {
  return new OwnedLock(marker, { ...common, sharers, ownerlessMs, clock: clockOf(filesystem, place.directory) });
}

function ownerlessMsOf({ strategy, common }: MarkerOpening): number {
  // Older tools leave the file empty while they compile, so its age has to be one that no compile reaches.
  return strategy === 'lockdir' ? NAMELESS_DIRECTORY_MS : common.overdueMs;
}

/** @param isOnlyOurs whether no older tool uses it */
function markerOf(
  { strategy, path, place, filesystem, options }: MarkerOpening,
  base = place.base,
  isOnlyOurs = false,
): Marker {
  const { reach } = filesystem;
  switch (strategy) {
    case 'lockdir': {
      const surroundings = reach === 'local' ? new Surroundings(base, options.isOpened ?? true) : undefined;
      return lockdir(path, base, surroundings);
    }
    case 'cifs':
      return cifs(path, base, reach, isOnlyOurs);
    case 'flock':
      return flockFallback(path, base, isOnlyOurs);
  }
}

function sharersOf(opening: MarkerOpening, marker: Marker): Sharers {
  const open = (path: string, isMember: boolean): ObjectLock => partOf(opening, path, isMember);
  return new Sharers(sharedDirectory(opening.place.base), marker, open, opening.filesystem.reach);
}

/** A lock that belongs to another one, in a directory of the same file system: an ordinary lock of the same kind, without tokens. */
function partOf(opening: KernelOpening | MarkerOpening, path: string, isOnlyOurs: boolean): ObjectLock {
  const plain = { ...opening, common: { ...opening.common, fence: undefined } };
  if (plain.system !== undefined) return kernelLockOf(plain, path, 'exclusive');
  const marker = markerOf(plain, path, isOnlyOurs);
  // In a directory that no older tool uses, what has no name was abandoned as soon as a directory without one.
  return ownedLockOf(plain, marker, NAMELESS_DIRECTORY_MS);
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
  const { pollMs = 100, warnMs } = DEFAULT_SETTINGS;
  const waiting = { host, clock, pollMs, warnMs, overdueMs, watched: local };
  const ownerlessMs = kind === 'lockdir' ? NAMELESS_DIRECTORY_MS : overdueMs;
  const open = (path: string): ObjectLock =>
    new OwnedLock(standing(kind, path), { ...waiting, ownerlessMs: NAMELESS_DIRECTORY_MS });
  const path = resolve(target);
  const marker = standing(kind, path);
  const sharers = new Sharers(sharedDirectory(path), marker, open, local ? 'local' : 'network');
  return new OwnedLock(marker, { ...waiting, ownerlessMs, sharers });
}

function standing(kind: StandingLockKind, path: string): Marker {
  return kind === 'lockdir' ? lockdir(path) : kind === 'cifs' ? cifs(path) : flockFallback(path);
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
