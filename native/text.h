#pragma once

#include <stdarg.h>

/** A formatted text of its own memory, which lives as long as the process. Without memory the process ends with 125. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *formatted(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
