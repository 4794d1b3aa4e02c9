#pragma once

#include <stdbool.h>

#include "owner.h"
#include "record.h"
#include "strategy.h"

/** The lock of one target by one strategy. */
struct lock {
  enum strategy strategy;
  /** What it protects, as the user wrote it. */
  const char *target;
  /** What the names of its files are made of: the target, or what stands for it in a lock directory. */
  const char *base;
  /** The file or directory that a person finds when the lock is held. */
  char *path;
  /** The file with the owner's name; null where the kernel knows the owner. */
  char *record;
  /** Whether no other host can see the same files. */
  bool local;
  /** A marker without a name that is older than this was abandoned. */
  long ownerless_ms;
  /** As in struct settings. */
  long overdue_ms;
};

/** A lock that is ours until it is released. */
struct held {
  /** Of the strategies with a record. */
  struct identity identity;
  /** The locked file of the strategies of the kernel; the bell of the others, or -1. */
  int fd;
  /** Of the strategies of the kernel. */
  bool empty;
};

enum release { RELEASED, LOST, NOT_RELEASED };

/** @param base, overdue_ms as in struct lock and struct settings */
struct lock lock_of(const char *target, const char *base, enum strategy strategy, bool local, long overdue_ms);

/** One attempt, without waiting and without removing a stale lock. */
enum attempt try_lock(const struct lock *lock, struct held *held);

/** Gives it back. LOST: somebody had removed it by force meanwhile. NOT_RELEASED comes with errno. */
enum release release_lock(const struct lock *lock, const struct held *held);

/**
 * Whether a lock with a record is still the one that we took. For up to a second a client of SMB or NFS may answer what it knew of a name
 * before: that there is no such file, or an empty one. So where others share the directory only another owner's name is believed at once.
 */
enum same compare_own(const struct lock *lock, const struct identity *identity);

/** Who holds it now. False, with errno, when that cannot be read. */
bool look_at(const struct lock *lock, struct sighting *sighting);

/** What seems to have become of its owner. */
struct judgement judge_lock(const struct lock *lock, const struct sighting *sighting);

/** A cheap look whether an attempt is worth its price; a hint only, so true where nobody can know. */
bool may_be_free(const struct lock *lock);

/** The directory that a path names a file in. */
char *directory_of(const char *path);

/** A path from the root, as messages name it. */
char *full_path(const char *path);

/* One file for each way to lock. */
enum attempt try_lockdir(const struct lock *lock, struct held *held);
enum release release_lockdir(const struct lock *lock, const struct held *held);
bool look_at_lockdir(const struct lock *lock, struct sighting *sighting);
enum attempt try_exclusive_file(const struct lock *lock, struct held *held);
enum release release_exclusive_file(const struct lock *lock, const struct held *held);
enum attempt try_kernel_lock(const struct lock *lock, struct held *held);
enum release release_kernel_lock(enum strategy strategy, const struct held *held);
bool look_at_kernel_lock(const struct lock *lock, struct sighting *sighting);
struct sighting sighting_of_kernel(pid_t holder);
struct judgement judge_kernel_lock(const struct sighting *sighting);

/**
 * As try_lock of a lock of this host's kernel, but waits in it until it is ours, that many milliseconds have passed or a signal has
 * come. Not across NFS, whose client only asks again ever more rarely.
 */
enum attempt block_for_lock(const struct lock *lock, struct held *held, long ms);
