#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/**
 * Writes `ct-lock-helper: ...` and a newline to standard error, in one piece; whatever names of files hold, it is one line.
 * Nobody reading it is no error.
 */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Writes all of something. False when it could not: nobody reads it any more, say, or the disk is full. */
bool write_all(int fd, const char *bytes, size_t length);
