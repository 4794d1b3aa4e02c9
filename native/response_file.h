#pragma once

#include <stdbool.h>

#include "words.h"

/**
 * The arguments of a command from an index on, with those of its response files (`@file`) in their places.
 *
 * @returns false when a response file cannot be looked through; its name then stands among the arguments
 */
bool expand(char **command, int from, struct words *words);
