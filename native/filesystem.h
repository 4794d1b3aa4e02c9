#pragma once

#include <stdbool.h>

#include "strategy.h"

/** A file system as far as locks are concerned. */
struct filesystem {
  /** As mount(8) names it. */
  const char *name;
  /** Whether no other host can see the same files. */
  bool local;
  enum strategy strategy;
  /** Milliseconds between two attempts to make a lock directory. */
  int lockdir_poll_ms;
};

/** What is known of the file systems with this number (the f_type of statfs(2)); null for none. */
const struct known_filesystem *filesystem_by_magic(uint32_t magic);

/** The file system that a directory lies on. False, with errno, when statfs(2) fails. */
bool filesystem_of(const char *directory, struct filesystem *filesystem);

/** Whether a strategy that another host chose also excludes from here. */
bool works_from(enum strategy strategy, const struct filesystem *filesystem);
