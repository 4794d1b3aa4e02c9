#pragma once

#include <stdbool.h>

#include "words.h"

/**
 * The path at which execvp(3) finds a program, absolute, links not resolved; null if it does not.
 *
 * @param absent gets the paths at which it would have been found before that one
 */
char *find_program(const char *name, struct words *absent);

/** Whether a file is a program that the kernel runs as it is, and no script that something else reads. */
bool is_binary(const char *path);

/** An absolute path for one that may be relative. */
char *absolute(const char *path);

/** The working directory as the kernel knows it; null where it has none. */
const char *working_directory(void);
