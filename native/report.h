#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/**
 * Writes `ct-lock-helper: ...` and a newline to standard error, in one piece; whatever names of files hold, it is one line.
 * A reader that is gone is no error.
 */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Writes all of something. False when it could not: its reader is gone, say, or the disk is full. */
bool write_all(int fd, const char *bytes, size_t length);
