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
  /** The locked file of the strategies of the kernel; what wakes the waiters of the others, or -1. */
  int fd;
  /** Of the strategies of the kernel. */
  bool empty;
};

enum release { RELEASED, LOST, NOT_RELEASED };
