#pragma once

#include <stdbool.h>

/** `PID.RANDOM`, of which nobody can guess the second part: what makes the names of our temporaries unique. */
const char *unique_name(void);

/** The two parts of it. */
const char *unique_pid(void);
const char *unique_random(void);

enum published { PUBLISHED, ABSENT, NOT_PUBLISHED };

/** Puts a whole product in its place, in one step. NOT_PUBLISHED comes with errno. */
enum published publish(const char *temporary, const char *target);

/** Begins the temporary as a copy of the target, with its permissions, if there is one. False with errno. */
bool seed(const char *temporary, const char *target);

/** Removes what a failed or interrupted command has left, which may be nothing. */
void discard(const char *temporary);
