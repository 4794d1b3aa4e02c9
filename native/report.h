#pragma once

/** A formatted text of its own memory, which lives as long as the process. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * Writes `ct-lock-helper: ...` and a newline to standard error, in one piece; whatever names of files hold, it is one line.
 * Nobody reading it is no error.
 */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
