#pragma once

#include <stdbool.h>

/** `PID.RANDOM`, whose second part cannot be guessed: what makes the names of our temporaries unique. */
const char *unique_name(void);

/** The two parts of it. */
const char *unique_pid(void);
const char *unique_random(void);

enum published { PUBLISHED, ABSENT, NOT_PUBLISHED };

/**
 * Puts a whole file in its place, in one step, so that all who share the directory can use it: in a directory that has
 * the setgid bit and is writable for the group, its group may read and write it, whatever the umask; elsewhere it has the
 * permissions of the file that it replaces, if any. NOT_PUBLISHED comes with errno.
 */
enum published publish(const char *temporary, const char *target);

/** The same permissions for a file that its command has written under its own name. */
void share_in_place(const char *path);

/** Begins the temporary as a copy of the target, with its permissions, if there is one. False with errno. */
bool seed(const char *temporary, const char *target);

/** Makes a directory to compile into, which all who share that of the target may remove. False with errno. */
bool make_scratch(const char *directory, const char *target);

/** Makes an empty file that differs from all that any tool writes. False with errno. */
bool make_stand_in(const char *temporary);
bool is_stand_in(const char *temporary);

bool is_empty(const char *path);

/** Removes a regular file that we may not write to but may remove. */
void put_away(const char *path);

/** Removes what a failed or interrupted command has left, which may be nothing. */
void discard(const char *temporary);
