// Made by scripts/tables.mjs of tables/locks.mjs: change that.
import type { Pattern } from './pattern.js';

/** How an object lock is taken. */
export type Strategy =
  | 'lockdir'
  | 'cifs'
  | 'flock'
  | 'fcntl';

export const STRATEGIES: readonly Strategy[] = ['lockdir', 'cifs', 'flock', 'fcntl'];

/** Whether other hosts may see the same files; only on a local file system one hears of every change. */
export type Reach =
  | 'local'
  | 'network';

/** What is known of each strategy. */
export interface StrategyTrait {
  /** As users write it. */
  readonly name: string;
  /** What the name of its lock ends in. */
  readonly ending: string;
  /** The server decides (mkdir, O_EXCL), so that it excludes all hosts. */
  readonly everywhere?: true;
  /** Network file systems, by their names, on which it excludes other hosts, too. */
  readonly networks: Pattern;
}

export const STRATEGY_TRAITS: Readonly<Record<Strategy, StrategyTrait>> = {
  lockdir: {
    name: 'lockdir', ending: '.lockdir', everywhere: true,
    networks: { words: new Set(), beginnings: [], containing: [] },
  },
  cifs: {
    name: 'cifs', ending: '.lock.excl', everywhere: true, networks: { words: new Set(), beginnings: [], containing: [] },
  },
  flock: { name: 'flock', ending: '.lock', networks: { words: new Set(), beginnings: [], containing: [] } },
  fcntl: { name: 'fcntl', ending: '.lock', networks: { words: new Set(['nfs']), beginnings: [], containing: [] } },
};

/** By the magic number of statfs(2), from linux/magic.h and their own headers. */
export interface KnownFilesystem {
  /** The f_type. */
  readonly magic: number;
  /** As mount(8) names it. */
  readonly name: string;
  /** Who sees the same files. */
  readonly reach: Reach;
  /** The one that is known to work on it. */
  readonly strategy: Strategy;
  /** Milliseconds between two attempts to make a lock directory: Lustre answers fast, NFS has latency. */
  readonly lockdirPollMs: number;
  /**
   * A change of a file, of a directory, and of the name of either, has been seen to change time stamps (ctime) by the
   * clock of this host; see docs/made-once.md.
   */
  readonly certain?: true;
}

export const KNOWN_FILESYSTEMS: readonly KnownFilesystem[] = [
  { magic: 0xef53, name: 'ext4', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
  { magic: 0x58465342, name: 'xfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
  { magic: 0x9123683e, name: 'btrfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
  { magic: 0x1021994, name: 'tmpfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
  { magic: 0x794c7630, name: 'overlay', reach: 'local', strategy: 'flock', lockdirPollMs: 50, certain: true },
  { magic: 0x2fc12fc1, name: 'zfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0xf2f52010, name: 'f2fs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0xca451a4e, name: 'bcachefs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x858458f6, name: 'ramfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x3153464a, name: 'jfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x52654973, name: 'reiserfs', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x4d44, name: 'vfat', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x2011bab0, name: 'exfat', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x7366746e, name: 'ntfs3', reach: 'local', strategy: 'flock', lockdirPollMs: 50 },
  { magic: 0x6969, name: 'nfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 100 },
  { magic: 0xbd00bd0, name: 'lustre', reach: 'network', strategy: 'lockdir', lockdirPollMs: 10 },
  { magic: 0x47504653, name: 'gpfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0x19830326, name: 'beegfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0xc36400, name: 'ceph', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0x5346414f, name: 'afs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 100 },
  { magic: 0x7461636f, name: 'ocfs2', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0x1161970, name: 'gfs2', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0xaad7aaea, name: 'panfs', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0x1021997, name: '9p', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0x786f4256, name: 'vboxsf', reach: 'network', strategy: 'lockdir', lockdirPollMs: 100 },
  { magic: 0x65735546, name: 'fuse', reach: 'network', strategy: 'lockdir', lockdirPollMs: 50 },
  { magic: 0xff534d42, name: 'cifs', reach: 'network', strategy: 'cifs', lockdirPollMs: 100 },
  { magic: 0xfe534d42, name: 'smb3', reach: 'network', strategy: 'cifs', lockdirPollMs: 100 },
  { magic: 0x517b, name: 'smbfs', reach: 'network', strategy: 'cifs', lockdirPollMs: 100 },
];

/** On a file system that is none of these, which gets the strategy that works everywhere. */
export const UNKNOWN_LOCKDIR_POLL_MS = 50;

/** Between two attempts to get a lock by another strategy than lockdir. */
export const OTHER_POLL_MS = 100;

/** What `--strategy` says for locks that need no file system. */
export const IN_ETCD = 'etcd';

/** Says which strategy an object directory uses, and where its locks are: one word or `locks=DIR` a line. */
export const AGREEMENT_FILE = '.lock-strategy';

/** Begins the line that names a directory of locks. */
export const AGREEMENT_LOCKS = 'locks=';

/** Bytes; what is longer was not written by us. */
export const LONGEST_AGREEMENT = 4096;

/** The file with the name of the owner in a lock directory. */
export const RECORD_NAME = 'pid';

/** Begins the name of a directory of one user for locks, in a world-writable one; the number of the user follows. */
export const OWN_DIRECTORY = '.ct-locks.';

/** Where that of those who wait is. */
export const TURNS_PLACE = '/tmp';

/** The file in it whose bytes are the places of those who wait. */
export const TURNS_FILE = 'turns';

/** The most bytes of a name on nearly every file system. */
export const LONGEST_NAME = 255;

/**
 * How much of a name a short one keeps; with the hash, a strategy's ending and that of a lock moved away it fits
 * everywhere.
 */
export const KEPT_OF_NAME = 64;

/** Names up to this length fit everywhere: eCryptfs has the least room. */
export const FITS_EVERYWHERE = 143;

/** With a strategy's ending and that of a lock moved away, a name of this length fits on every file system. */
export const LONGEST_IN_DIRECTORY = 100;

/** FNV-1a of 64 bits: the hash of nothing. */
export const HASH_START = 0xcbf29ce484222325n;

/** What it is multiplied by after each byte. */
export const HASH_FACTOR = 0x100000001b3n;

/** Permissions of directories that a team shares, whatever the umask. */
export const DIRECTORY_MODE = 0o775;

/** The same of files. */
export const FILE_MODE = 0o664;

/** No pid of Linux needs more bits (PID_MAX_LIMIT). */
export const PID_BITS = 22;

/**
 * The places of a region but one: no process gets one behind so many others that came while the queue was never empty.
 */
export const PLACE_BITS = 14;

/** Bytes of a file that may be locked. */
export const OFFSET_BITS = 62;

/** How often another process may take the place that we are about to take. */
export const PLACE_TRIES = 100;

/**
 * A first that has not moved for so long may hang; usually it waits for a long compile, as all do. So those behind ask
 * then, but more rarely than usual, by `rarely` times their distance: the first has ten chances before the second.
 */
export const PATIENCE_MS = 60000;

/** See above. */
export const RARELY = 10;

/** How often the second sees whether the first does what it is there for; the third looks half as often. */
export const LOOK_AT_FIRST_MS = 500;

/**
 * On a network file system, the first pause of the first in the queue; then they double. Shorter ones would give a
 * newcomer more chances than the first of another host has.
 */
export const PAUSE_OF_FIRST_MS = 16;

/** Who has waited for so long asks twice as often as the interval says, then ever more often. */
export const HALF_AT_MS = 200;

/** Up to so many times. */
export const MOST_OFTEN = 10;

/**
 * From `rarerAfter` times the interval divided by ten on, 20 s say, ever more rarely again: a compile of minutes is not
 * to be asked about a hundred times a second.
 */
export const RARER_AFTER = 2000;

/**
 * The least number of what a command inherits: smaller ones may be named by MAKEFLAGS (make's jobserver) or a script,
 * and be something else there.
 */
export const FIRST_INHERITED = 40;

/** Locks are mostly held for an instant or for long: begin with short pauses, then double up to the interval. */
export const FIRST_PAUSE_MS = 1;

/**
 * When a waiter on a network file system first looks at the record of the owner; then after twice the time, because a
 * look keeps the lock from being released there.
 */
export const LOOK_ACROSS_MS = 5000;

/** And the longest such time. */
export const LOOK_ACROSS_AT_LAST_MS = 30000;

/** For how long a lock must have been free before those behind believe that the first hangs. */
export const LEFT_LYING_MS = 400;

/** Between two warnings while waiting (CT_LOCK_WARN_INTERVAL). */
export const WARN_MS = 30000;

/** After that a lock of another host is overdue (CT_LOCK_TIMEOUT). */
export const OVERDUE_MS = 600000;

/**
 * How much later than its lock a process must have started to be called another one. Covers the coarse time stamps of
 * files (up to 2 s on FAT) and the rounding of the start time. Not covered: a host clock that jumps forward by more
 * than this while the lock is held; then the start of its owner seems to move forward with it.
 */
export const START_MARGIN_MS = 3000;

/**
 * No lock is left without a name for longer. NFS servers keep the verifier of an exclusive create where the time stamps
 * of the file belong until these are set, so that for an instant a new file may seem to be of 1970.
 */
export const OLDEST_DAYS = 365;

/** mkdir and the name inside follow each other at once; a directory that stays nameless this long was abandoned. */
export const NAMELESS_DIRECTORY_MS = 5000;

/** For how long a client may answer from its cache that a file which it has made itself is not there. */
export const CACHED_MS = 1500;

/** And how often to ask again. */
export const CACHED_AGAIN_MS = 50;

/** A process of Linux has no larger number; a larger one in a record is as dead as this one. */
export const LARGEST_PID = 2147483647;

/** The most bytes of the name of a host in a record. */
export const LONGEST_HOST = 255;

/** The most digits of a pid in a record. */
export const LONGEST_PID = 10;
