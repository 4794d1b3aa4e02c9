#pragma once

#include <stdbool.h>

#include "filesystem.h"

/**
 * The strategy that those who leave the choice to us use in a directory: the one recorded in its `.lock-strategy`, or
 * if nothing is recorded the one of the file system, which is then recorded; see src/locks/agreement.ts.
 *
 * False when it cannot be read, recorded, understood or used from here: TypeScript explains.
 */
bool agree_on_strategy(const char *directory, const struct filesystem *filesystem, enum strategy *strategy);
