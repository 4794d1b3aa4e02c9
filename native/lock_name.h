#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * What stands for a name that is too long to get an ending: its beginning, cut between two characters, and a hash of all of it,
 * `BEGINNING~0123456789abcdef`. Every process gets the same; see src/locks/lock-name.ts. Its own memory.
 */
char *short_name(const char *name);

/** Whether the file system has no room for a path, or for one of its names. */
bool is_too_long(const char *path);

/**
 * The path of what stands beside `path` with an ending: `PATH.lock`. Where the file system has no room for the ending, that of
 * the short name: it is asked, and gives all hosts the same answer. Its own memory.
 */
char *path_beside(const char *path, const char *ending);

/** FNV-1a. Two names with one hash and one beginning share a lock, which costs a wait and nothing else. */
uint64_t hash_of(const char *text);
