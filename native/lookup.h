#pragma once

#include <stdbool.h>

#include "moment.h"

enum found_kind { FOUND_ABSENT, FOUND_UNCLEAR, FOUND_FILE, FOUND_DIRECTORY, FOUND_OTHER };

/**
 * What opening a path finds, and whether it was the same at an earlier moment.
 *
 * `settled` of what is there: no name on the way, and nothing that a link on the way leads to, has been made or replaced
 * since; where it is a file, it has not been written to either. Of what is not there: no name was made or removed in
 * the directory where the way ends.
 */
struct found {
  enum found_kind kind;
  bool settled;
};

/** Where a way has led so far, so that many names can be looked for from there. */
struct way;

/** Follows a path as `follow` does. */
const struct way *way_to(const char *path, file_moment before);

/** What `follow` says of a name behind that path, and of the same name with an ending. */
struct found follow_from(const struct way *way, const char *name, const char *ending, file_moment before);

/**
 * Follows a path name by name; see test/once/model/lookup.ts for why that is enough, and where. What has been seen once is not
 * looked at again before `forget_lookups`.
 *
 * @param path relative ones from the working directory, which is what it is by whatever name
 * @param before whatever changed earlier than this is as it was
 */
struct found follow(const char *path, file_moment before);

/** What is looked up next is looked at as it is then. */
void forget_lookups(void);
