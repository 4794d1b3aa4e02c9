#include "agreement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "product.h"
#include "report.h"
#include "sharing.h"

enum reading { READ, NOTHING_THERE, UNREADABLE };

static enum reading read_agreement(const char *file, enum strategy *strategy) {
  int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? NOTHING_THERE : UNREADABLE;
  struct stat found;
  char word[32];
  ssize_t length = fstat(fd, &found) == 0 && S_ISREG(found.st_mode) ? read(fd, word, sizeof word) : -1;
  close(fd);
  while (length > 0 && (word[length - 1] == '\n' || word[length - 1] == ' ')) length--;
  return length > 0 && strategy_of(word, (size_t)length, strategy) ? READ : UNREADABLE;
}

/** Creates the file with its content in one step, as createExclusively does where there are hard links. */
static bool record(const char *file, const char *directory, enum strategy strategy) {
  char *temporary = text("%s/.%s.tmp", directory, unique_name());
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0664);
  if (fd < 0) return false;
  char *content = text("%s\n", strategy_name(strategy));
  size_t length = strlen(content);
  share_descriptor(fd, file, FILE_MODE);
  // After a power cut the name must not precede the content.
  bool written = write(fd, content, length) == (ssize_t)length && fsync(fd) == 0;
  written = close(fd) == 0 && written;
  // EEXIST: somebody else was quicker, or NFS sent the request twice. What is recorded now counts in either case.
  bool recorded = written && (link(temporary, file) == 0 || errno == EEXIST);
  unlink(temporary);
  return recorded;
}

bool agree_on_strategy(const char *directory, const struct filesystem *filesystem, enum strategy *strategy) {
  char *file = text("%s/.lock-strategy", directory);
  enum reading reading = read_agreement(file, strategy);
  if (reading == NOTHING_THERE && record(file, directory, filesystem->strategy)) reading = read_agreement(file, strategy);
  free(file);
  return reading == READ && (*strategy == filesystem->strategy || works_from(*strategy, filesystem));
}
