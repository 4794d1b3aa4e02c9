#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shown.h"

void warn(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *message = formatted(format, arguments);
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
