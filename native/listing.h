#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "moment.h"

/**
 * The names in a directory, so that many lookups of names that are not there cost one reading of it. By their hashes: one
 * that is found among them need not be there.
 */
struct listing {
  uint64_t *hashes;
  size_t count, capacity;
};

/**
 * Reads the names in a directory. False where they are not certain to be all of them: the directory is another one by now,
 * something came or went meanwhile, or its file system may take other names for the same.
 *
 * @param changed when it last changed; long enough ago that one more change has another time stamp
 */
bool read_listing(const char *path, file_moment changed, struct listing *listing);

/** Whether no entry has that name, in upper or lower case. */
bool is_unlisted(const struct listing *listing, const char *name, size_t length);
