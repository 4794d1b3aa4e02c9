#include "outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

static long long size_of(const char *path) {
  struct stat found;
  return lstat(path, &found) == 0 ? (long long)found.st_size : 0;
}

void log_outcome(const char *target, enum verb verb, const char *taken) {
  const char *file = getenv("CT_RULE_OUTCOMES_LOG");
  // A name that would break the line is left out, and so is a line that could mix with those of others.
  if (file == NULL || file[0] == '\0' || strpbrk(target, "\t\n") != NULL) return;
  char *line = text("%s\t%s\t%d\t%lld\n", target, verb == VERB_COMPILE ? "obj" : "exe", taken != NULL,
                    taken == NULL ? 0 : size_of(taken));
  size_t length = strlen(line);
  int fd = length < PIPE_BUF ? open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644)
                             : -1;
  if (fd >= 0) {
    if (write(fd, line, length) < 0) errno = 0;
    close(fd);
  }
  free(line);
}
