import { statfsSync } from 'node:fs';
import { KNOWN_FILESYSTEMS, OTHER_POLL_MS, type Reach, UNKNOWN_LOCKDIR_POLL_MS } from '../tables/locks.js';
import type { Strategy } from './strategy.js';

/** A file system as far as locks are concerned. */
export interface Filesystem {
  /** As mount(8) names it. */
  readonly name: string;
  /** Whether other hosts may see the same files; only on a local one does inotify tell of every change. */
  readonly reach: Reach;
  /** The strategy that is known to work on it. */
  readonly strategy: Strategy;
  /** Milliseconds between two attempts to make a lock directory: Lustre answers fast, NFS has latency. */
  readonly lockdirPollMs: number;
}

const BY_MAGIC: ReadonlyMap<number, Filesystem> = new Map(
  KNOWN_FILESYSTEMS.map(({ magic, name, reach, strategy, lockdirPollMs }) => [
    magic,
    { name, reach, strategy, lockdirPollMs },
  ]),
);

/** What a statfs(2) magic number means. An unknown one gets the strategy that works everywhere. */
export function describeFilesystem(magic: number): Filesystem {
  // The kernel's field is signed on some architectures; the numbers of the table are not.
  const unsigned = magic >>> 0;
  const name = `unknown (0x${unsigned.toString(16)})`;
  const unknown = { name, reach: 'network', strategy: 'lockdir', lockdirPollMs: UNKNOWN_LOCKDIR_POLL_MS } as const;
  return BY_MAGIC.get(unsigned) ?? unknown;
}

/** Milliseconds between two attempts to get a lock where they are not configured, as ct-lock-helper documents them. */
export function defaultPollMs(strategy: Strategy, filesystem: Filesystem): number {
  return strategy === 'lockdir' ? filesystem.lockdirPollMs : OTHER_POLL_MS;
}

/**
 * The file system that a directory lies on.
 *
 * @throws ENOENT and the other errors of statfs(2)
 */
export function filesystemOf(directory: string): Filesystem {
  return describeFilesystem(statfsSync(directory).type);
}
