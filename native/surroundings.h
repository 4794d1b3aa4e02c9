#pragma once

#include <stdbool.h>

#include "buffer.h"

/**
 * Adds what of its surroundings decides what a compiler makes: host since its last start, root and
 * working directory, user and groups, umask, and what of the environment compilers, their assembler and the
 * dynamic linker read.
 *
 * @returns false when something of it makes the result uncertain
 */
bool add_surroundings(struct buffer *buffer);
