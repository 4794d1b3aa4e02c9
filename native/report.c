#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shown.h"

/** As all errors of ours, so that they can be told from those of the command. */
enum { OWN_ERROR = 125 };

static char *vtext(const char *format, va_list arguments) {
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
  char *result = vtext(format, arguments);
  va_end(arguments);
  return result;
}

void warn(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *message = vtext(format, arguments);
  va_end(arguments);
  // One write: lines of several helpers must not mix in a build's log.
  char *plain = shown(message);
  char *line = text("ct-lock-helper: %s\n", plain);
  (void)!write(STDERR_FILENO, line, strlen(line));
  free(line);
  free(plain);
  free(message);
}

bool write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written <= 0) return false;
    bytes += written;
    length -= (size_t)written;
  }
  return true;
}
