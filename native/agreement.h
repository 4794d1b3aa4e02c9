#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "filesystem.h"

/** What the users of a directory have agreed on in its `.lock-strategy`; see src/locks/agreement.ts. */
struct agreement {
  /** How they lock; STRATEGY_AUTO where the file does not say. */
  enum strategy strategy;
  /** Where they keep the locks of the directory and of all below it; null for beside what they protect. */
  char *locks;
};

/** UNREADABLE: it cannot be read or makes no sense, which TypeScript explains. */
enum agreement_reading { AGREED, NOTHING_AGREED, UNREADABLE };

/**
 * Reads what a directory's users have agreed on. In a directory that all users may write to, as /tmp, only the word of root, of
 * the directory's owner and our own counts: what others have written there is NOTHING_AGREED.
 */
enum agreement_reading read_agreement(const char *directory, struct agreement *agreement);

/** Whether all users may make files there and none may remove those of others, as in /tmp. */
bool is_world_writable(const char *directory);

/** The same of one that was looked at. */
bool may_be_written_by_all(const struct stat *directory);

/**
 * The strategy that those who leave the choice to us use in a directory: the one agreed on, or if there is none the one of the
 * file system, which is then recorded, except in a world-writable directory.
 *
 * @param agreed what was read of it already, or STRATEGY_AUTO
 * @returns false when it cannot be recorded, understood or used from here: TypeScript explains
 */
bool agree_on_strategy(const char *directory, enum strategy agreed, const struct filesystem *filesystem,
                       enum strategy *strategy);
