#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "words.h"

/**
 * The inputs that a dependency file names: what stands behind the colon of its one rule, as gcc and clang write it. Rules
 * without inputs (-MP) may follow.
 *
 * A path that can be read in two ways is not guessed at: compilers do not agree on backslashes.
 *
 * @returns false when it is none that can be read for certain
 */
bool read_dependency_rule(const char *text, size_t length, struct words *inputs);
