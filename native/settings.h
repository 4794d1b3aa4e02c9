#pragma once

#include "filesystem.h"

/** How a lock is waited for, as the variables CT_LOCK_* ask for; see src/locks/environment.ts. */
struct settings {
  /** Between two attempts to get a lock. */
  long poll_ms;
  /** Between two warnings while waiting. */
  long warn_ms;
  /** After that a lock of another host is overdue. */
  long overdue_ms;
  /** 0: errors only; from 1 on also the removal of stale locks. */
  double verbose;
  /** Where those who waited write that down; null for nowhere. */
  const char *log;
};

/** Warns of values that are no numbers; then the default holds. */
struct settings settings_from_environment(enum strategy strategy, const struct filesystem *filesystem);
