#pragma once

#include <stdbool.h>

#include "lock_state.h"

/**
 * Becomes the TypeScript helper with the same command line: it knows what is rare, and how to explain what went wrong.
 * Nothing of ours may be left on disk. Does not return.
 *
 * @param why what to tell where there is no Node to tell more
 */
void hand_over(char **arguments, const char *why) __attribute__((noreturn));

/** The result for a lock that seems to be a dead owner's. */
enum settled { SETTLED, NOT_SETTLED, ANOTHER_SETTLES };

/**
 * Has TypeScript judge a lock, and remove it if its owner is dead. Only one process of a host does that at a time, unless
 * `insist`: a crowd that waits for one dead owner must not start as many Nodes.
 */
enum settled settle(const struct lock *lock, bool insist);
