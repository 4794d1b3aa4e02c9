#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tables/locks.h"

const char *strategy_name(enum strategy strategy);

/** Reads the name of a strategy. False when these `length` characters are none; `auto` is none. */
bool strategy_of(const char *word, size_t length, enum strategy *strategy);
