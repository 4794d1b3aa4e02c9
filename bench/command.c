/* What the benchmarks have wrapped: as little as a program can do, so that what remains is the price of the wrapper.
   command MS STAMPS -o FILE: writes FILE after so many milliseconds; appends when it began and ended to STAMPS unless -. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void stamp(const char *file, const char *what) {
  struct timespec now;
  char line[64];
  if (strcmp(file, "-") == 0) return;
  clock_gettime(CLOCK_MONOTONIC, &now);
  snprintf(line, sizeof line, "%s %.3f\n", what, now.tv_sec * 1e3 + now.tv_nsec / 1e6);
  int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd < 0 || write(fd, line, strlen(line)) < 0) exit(1);
  close(fd);
}

int main(int count, char **arguments) {
  if (count < 4) return 1;
  stamp(arguments[2], "begin");
  long ms = atol(arguments[1]);
  if (ms > 0) usleep((useconds_t)ms * 1000);
  int fd = open(arguments[count - 1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) != 0) return 1;
  stamp(arguments[2], "end");
  return 0;
}
