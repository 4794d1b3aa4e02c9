#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "tables/compiles.h"

char *formatted(const char *format, va_list arguments) {
  char *result;
  if (vasprintf(&result, format, arguments) < 0) {
    static const char message[] = "ct-lock-helper: out of memory\n";
    (void)!write(STDERR_FILENO, message, sizeof message - 1);
    _exit(OWN_ERROR);
  }
  return result;
}

char *text(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *result = formatted(format, arguments);
  va_end(arguments);
  return result;
}
