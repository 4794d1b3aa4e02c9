// Made by scripts/tables.mjs of tables/locks.mjs: change that.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../pattern.h"

/** How an object lock is taken. */
enum strategy {
  STRATEGY_LOCKDIR,
  STRATEGY_CIFS,
  STRATEGY_FLOCK,
  STRATEGY_FCNTL,
  STRATEGY_AUTO,
};

/** Whether other hosts may see the same files; only on a local file system one hears of every change. */
enum reach {
  REACH_LOCAL,
  REACH_NETWORK,
};

/** What is known of each strategy. */
struct strategy_trait {
  /** As users write it. */
  const char *name;
  /** What the name of its lock ends in. */
  const char *ending;
  /** The server decides (mkdir, O_EXCL), so that it excludes all hosts. */
  bool everywhere;
  /** Network file systems, by their names, on which it excludes other hosts, too. */
  struct pattern networks;
};
static const struct strategy_trait strategy_traits[] = {
  [STRATEGY_LOCKDIR] = {.name = "lockdir", .ending = ".lockdir", .everywhere = true, .networks = {NULL, NULL, NULL}},
  [STRATEGY_CIFS] = {.name = "cifs", .ending = ".lock.excl", .everywhere = true, .networks = {NULL, NULL, NULL}},
  [STRATEGY_FLOCK] = {.name = "flock", .ending = ".lock", .networks = {NULL, NULL, NULL}},
  [STRATEGY_FCNTL] = {.name = "fcntl", .ending = ".lock", .networks = {(const char *const[]){"nfs", NULL}, NULL, NULL}},
};

/** By the magic number of statfs(2), from linux/magic.h and their own headers. */
struct known_filesystem {
  /** The f_type. */
  uint32_t magic;
  /** As mount(8) names it. */
  const char *name;
  /** Who sees the same files. */
  enum reach reach;
  /** The one that is known to work on it. */
  enum strategy strategy;
  /** Milliseconds between two attempts to make a lock directory: Lustre answers fast, NFS has latency. */
  int lockdir_poll_ms;
  /**
   * A change of a file, of a directory, and of the name of either, has been seen to change time stamps (ctime) by the
   * clock of this host; see docs/made-once.md.
   */
  bool certain;
};
static const struct known_filesystem known_filesystems[] = {
  {
    .magic = 0xef53, .name = "ext4", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50,
    .certain = true,
  },
  {
    .magic = 0x58465342, .name = "xfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50,
    .certain = true,
  },
  {
    .magic = 0x9123683e, .name = "btrfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50,
    .certain = true,
  },
  {
    .magic = 0x1021994, .name = "tmpfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50,
    .certain = true,
  },
  {
    .magic = 0x794c7630, .name = "overlay", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50,
    .certain = true,
  },
  {.magic = 0x2fc12fc1, .name = "zfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0xf2f52010, .name = "f2fs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0xca451a4e, .name = "bcachefs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x858458f6, .name = "ramfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x3153464a, .name = "jfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x52654973, .name = "reiserfs", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x4d44, .name = "vfat", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x2011bab0, .name = "exfat", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x7366746e, .name = "ntfs3", .reach = REACH_LOCAL, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50},
  {.magic = 0x6969, .name = "nfs", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 100},
  {.magic = 0xbd00bd0, .name = "lustre", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 10},
  {.magic = 0x47504653, .name = "gpfs", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0x19830326, .name = "beegfs", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0xc36400, .name = "ceph", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0x5346414f, .name = "afs", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 100},
  {.magic = 0x7461636f, .name = "ocfs2", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0x1161970, .name = "gfs2", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0xaad7aaea, .name = "panfs", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0x1021997, .name = "9p", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0x786f4256, .name = "vboxsf", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 100},
  {.magic = 0x65735546, .name = "fuse", .reach = REACH_NETWORK, .strategy = STRATEGY_LOCKDIR, .lockdir_poll_ms = 50},
  {.magic = 0xff534d42, .name = "cifs", .reach = REACH_NETWORK, .strategy = STRATEGY_CIFS, .lockdir_poll_ms = 100},
  {.magic = 0xfe534d42, .name = "smb3", .reach = REACH_NETWORK, .strategy = STRATEGY_CIFS, .lockdir_poll_ms = 100},
  {.magic = 0x517b, .name = "smbfs", .reach = REACH_NETWORK, .strategy = STRATEGY_CIFS, .lockdir_poll_ms = 100},
};

/** On a file system that is none of these, which gets the strategy that works everywhere. */
enum { UNKNOWN_LOCKDIR_POLL_MS = 50 };

/** Between two attempts to get a lock by another strategy than lockdir. */
enum { OTHER_POLL_MS = 100 };

/** What `--strategy` says for locks that need no file system. */
#define IN_ETCD "etcd"

/** Says which strategy an object directory uses, and where its locks are: one word or `locks=DIR` a line. */
#define AGREEMENT_FILE ".lock-strategy"

/** Begins the line that names a directory of locks. */
#define AGREEMENT_LOCKS "locks="

/** Bytes; what is longer was not written by us. */
enum { LONGEST_AGREEMENT = 4096 };

/** The file with the name of the owner in a lock directory. */
#define RECORD_NAME "pid"

/** Begins the name of a directory of one user for locks, in a world-writable one; the number of the user follows. */
#define OWN_DIRECTORY ".ct-locks."

/** Where that of those who wait is. */
#define TURNS_PLACE "/tmp"

/** The file in it whose bytes are the places of those who wait. */
#define TURNS_FILE "turns"

/** The most bytes of a name on nearly every file system. */
enum { LONGEST_NAME = 255 };

/**
 * How much of a name a short one keeps; with the hash, a strategy's ending and that of a lock moved away it fits
 * everywhere.
 */
enum { KEPT_OF_NAME = 64 };

/** Names up to this length fit everywhere: eCryptfs has the least room. */
enum { FITS_EVERYWHERE = 143 };

/** With a strategy's ending and that of a lock moved away, a name of this length fits on every file system. */
enum { LONGEST_IN_DIRECTORY = 100 };

/** FNV-1a of 64 bits: the hash of nothing. */
#define HASH_START UINT64_C(0xcbf29ce484222325)

/** What it is multiplied by after each byte. */
#define HASH_FACTOR UINT64_C(0x100000001b3)

/** Permissions of directories that a team shares, whatever the umask. */
enum { DIRECTORY_MODE = 0775 };

/** The same of files. */
enum { FILE_MODE = 0664 };

/** No pid of Linux needs more bits (PID_MAX_LIMIT). */
enum { PID_BITS = 22 };

/**
 * The places of a region but one: no process gets one behind so many others that came while the queue was never empty.
 */
enum { PLACE_BITS = 14 };

/** Bytes of a file that may be locked. */
enum { OFFSET_BITS = 62 };

/** How often another process may take the place that we are about to take. */
enum { PLACE_TRIES = 100 };

/**
 * A first that has not moved for so long may hang; usually it waits for a long compile, as all do. So those behind ask
 * then, but more rarely than usual, by `rarely` times their distance: the first has ten chances before the second.
 */
enum { PATIENCE_MS = 60000 };

/** See above. */
enum { RARELY = 10 };

/** How often the second sees whether the first does what it is there for; the third looks half as often. */
enum { LOOK_AT_FIRST_MS = 500 };

/**
 * On a network file system, the first pause of the first in the queue; then they double. Shorter ones would give a
 * newcomer more chances than the first of another host has.
 */
enum { PAUSE_OF_FIRST_MS = 16 };

/** Who has waited for so long asks twice as often as the interval says, then ever more often. */
enum { HALF_AT_MS = 200 };

/** Up to so many times. */
enum { MOST_OFTEN = 10 };

/**
 * From `rarerAfter` times the interval divided by ten on, 20 s say, ever more rarely again: a compile of minutes is not
 * to be asked about a hundred times a second.
 */
enum { RARER_AFTER = 2000 };

/**
 * The least number of what a command inherits: smaller ones may be named by MAKEFLAGS (make's jobserver) or a script,
 * and be something else there.
 */
enum { FIRST_INHERITED = 40 };

/** Locks are mostly held for an instant or for long: begin with short pauses, then double up to the interval. */
enum { FIRST_PAUSE_MS = 1 };

/**
 * When a waiter on a network file system first looks at the record of the owner; then after twice the time, because a
 * look keeps the lock from being released there.
 */
enum { LOOK_ACROSS_MS = 5000 };

/** And the longest such time. */
enum { LOOK_ACROSS_AT_LAST_MS = 30000 };

/** For how long a lock must have been free before those behind believe that the first hangs. */
enum { LEFT_LYING_MS = 400 };

/** Between two warnings while waiting (CT_LOCK_WARN_INTERVAL). */
enum { WARN_MS = 30000 };

/** After that a lock of another host is overdue (CT_LOCK_TIMEOUT). */
enum { OVERDUE_MS = 600000 };

/**
 * How much later than its lock a process must have started to be called another one. Covers the coarse time stamps of
 * files (up to 2 s on FAT) and the rounding of the start time. Not covered: a host clock that jumps forward by more
 * than this while the lock is held; then the start of its owner seems to move forward with it.
 */
enum { START_MARGIN_MS = 3000 };

/**
 * No lock is left without a name for longer. NFS servers keep the verifier of an exclusive create where the time stamps
 * of the file belong until these are set, so that for an instant a new file may seem to be of 1970.
 */
enum { OLDEST_DAYS = 365 };

/** mkdir and the name inside follow each other at once; a directory that stays nameless this long was abandoned. */
enum { NAMELESS_DIRECTORY_MS = 5000 };

/** For how long a client may answer from its cache that a file which it has made itself is not there. */
enum { CACHED_MS = 1500 };

/** And how often to ask again. */
enum { CACHED_AGAIN_MS = 50 };

/** A process of Linux has no larger number; a larger one in a record is as dead as this one. */
enum { LARGEST_PID = 2147483647 };

/** The most bytes of the name of a host in a record. */
enum { LONGEST_HOST = 255 };

/** The most digits of a pid in a record. */
enum { LONGEST_PID = 10 };
