#pragma once

#include <stdbool.h>
#include <stddef.h>

/** How an object lock is taken; see src/locks/strategy.ts. */
enum strategy { STRATEGY_LOCKDIR, STRATEGY_CIFS, STRATEGY_FLOCK, STRATEGY_FCNTL, STRATEGY_AUTO };

const char *strategy_name(enum strategy strategy);

/** Reads the name of a strategy. False when these `length` characters are none; `auto` is none. */
bool strategy_of(const char *word, size_t length, enum strategy *strategy);
