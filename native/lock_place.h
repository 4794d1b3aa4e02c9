#pragma once

#include <stdbool.h>

#include "strategy.h"

/** Where the locks of a target stand. */
struct lock_place {
  /** What the names of its locks are made of: the target itself, or what stands for it in a directory of locks. */
  const char *base;
  /** The directory that they stand in; how they are made is up to its file system and its users. */
  const char *directory;
  /** What its users have agreed on, as far as that is known by now; else STRATEGY_AUTO. */
  enum strategy agreed;
  /** Why there is none, with what to do: half a sentence that begins with a path. */
  const char *problem;
};

/** NO_PLACE: there is a `problem`, and no other process to share a lock with. UNCLEAR_PLACE: TypeScript explains. */
enum lock_place_found { FOUND_PLACE, NO_PLACE, UNCLEAR_PLACE };

/**
 * Finds out where all who make this target keep its locks: in the directory that CT_LOCK_DIR names, or the agreement of its own
 * directory or of one above it; else beside the target. In a directory that all users may write to, as /tmp, they are kept in a
 * directory of our own in it. See src/locks/lock-place.ts.
 *
 * Makes the directory of the locks if it is missing: two who do that at once get the same one, and it never has other
 * permissions than its final ones.
 *
 * @param directory the one of the target
 * @param chosen whether the user has chosen a strategy: then an agreement that makes no sense does not matter
 */
enum lock_place_found find_lock_place(const char *target, const char *directory, bool chosen, struct lock_place *place);
