#pragma once

#include "buffer.h"
#include "words.h"

/** All that is mounted, as the kernel says it. False where it does not. */
bool read_mounts(struct buffer *buffer);

/** Adds those of the mounts that are on the way to some directories, and below them; elsewhere others may mount what they like. */
bool add_mounts(struct buffer *buffer, const struct buffer *mounts, const struct words *directories);
