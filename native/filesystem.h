#pragma once

#include <stdbool.h>

#include "strategy.h"

/** A file system as far as locks are concerned; the same as in src/locks/filesystem.ts, and a test compares them. */
struct filesystem {
  /** As mount(8) names it. */
  const char *name;
  /** Whether no other host can see the same files. */
  bool local;
  enum strategy strategy;
  /** Milliseconds between two attempts to make a lock directory. */
  int lockdir_poll_ms;
};

/** The file system that a directory lies on. False, with errno, when statfs(2) fails. */
bool filesystem_of(const char *directory, struct filesystem *filesystem);

/** Whether a strategy that another host chose also excludes from here. */
bool works_from(enum strategy strategy, const struct filesystem *filesystem);
