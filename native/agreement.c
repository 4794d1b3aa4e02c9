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
#include "words.h"

bool may_be_written_by_all(const struct stat *directory) {
  return (directory->st_mode & S_ISVTX) != 0 && (directory->st_mode & S_IWOTH) != 0;
}

bool is_world_writable(const char *directory) {
  struct stat found;
  return stat(directory, &found) == 0 && may_be_written_by_all(&found);
}

static bool is_trusted(const struct stat *file, const char *directory) {
  struct stat found;
  if (file->st_uid == 0 || file->st_uid == geteuid()) return true;
  return !is_world_writable(directory) || (stat(directory, &found) == 0 && file->st_uid == found.st_uid);
}

/** The beginning of a text without its blanks at both ends. */
static char *trimmed(const char *text, size_t length) {
  static const char blanks[] = " \t\r\n";
  while (length > 0 && strchr(blanks, text[length - 1]) != NULL) length--;
  while (length > 0 && strchr(blanks, *text) != NULL) text++, length--;
  return copy_of(text, length);
}

/** One line: a strategy, or `locks=DIR`, from the directory of the file. */
static bool understand(const char *line, const char *directory, struct agreement *agreement) {
  if (line[0] == '\0') return true;
  if (!begins(line, AGREEMENT_LOCKS)) return strategy_of(line, strlen(line), &agreement->strategy);
  const char *path = line + strlen(AGREEMENT_LOCKS);
  if (path[0] == '\0') return false;
  agreement->locks = path[0] == '/' ? copy_of(path, strlen(path)) : joined(directory, "/", path, NULL);
  return true;
}

enum agreement_reading read_agreement(const char *directory, struct agreement *agreement) {
  *agreement = (struct agreement){.strategy = STRATEGY_AUTO};
  char *file = joined(directory, "/" AGREEMENT_FILE, NULL);
  int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int error = errno;
  free(file);
  if (fd < 0) return error == ENOENT || is_world_writable(directory) ? NOTHING_AGREED : UNREADABLE;
  struct stat found;
  char text[LONGEST_AGREEMENT + 1];
  ssize_t length = -1;
  bool there = fstat(fd, &found) == 0;
  bool trusted = there && is_trusted(&found, directory);
  if (trusted && S_ISREG(found.st_mode)) length = read(fd, text, sizeof text);
  close(fd);
  if (there && !trusted) return NOTHING_AGREED;
  if (length <= 0 || length > LONGEST_AGREEMENT || memchr(text, '\0', (size_t)length) != NULL) return UNREADABLE;
  text[length] = '\0';
  for (const char *line = text; *line != '\0'; line += line[0] == '\n') {
    size_t end = strcspn(line, "\n");
    if (!understand(trimmed(line, end), directory, agreement)) return UNREADABLE;
    line += end;
  }
  return agreement->strategy != STRATEGY_AUTO || agreement->locks != NULL ? AGREED : UNREADABLE;
}

/** Creates the file with its content in one step, as createExclusively does where there are hard links. */
static bool record(const char *directory, enum strategy strategy) {
  char *file = text("%s/" AGREEMENT_FILE, directory);
  char *temporary = text("%s/.%s.tmp", directory, unique_name());
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (fd < 0) return false;
  char *content = text("%s\n", strategy_name(strategy));
  size_t length = strlen(content);
  share_descriptor(fd, file, FILE_MODE);
  // After a power cut the name must not precede the content.
  bool written = write(fd, content, length) == (ssize_t)length && fsync(fd) == 0;
  written = close(fd) == 0 && written;
  // EEXIST: another process was quicker, or NFS sent the request twice. What is recorded now counts in either case.
  bool recorded = written && (link(temporary, file) == 0 || errno == EEXIST);
  unlink(temporary);
  return recorded;
}

bool agree_on_strategy(const char *directory, enum strategy agreed, const struct filesystem *filesystem,
                       enum strategy *strategy) {
  struct agreement agreement = {.strategy = agreed};
  enum agreement_reading reading = agreed == STRATEGY_AUTO ? read_agreement(directory, &agreement) : AGREED;
  *strategy = filesystem->strategy;
  if (reading == NOTHING_AGREED) {
    // Nothing of ours there that others could make us wait for, nor anything that they could write for us.
    if (is_world_writable(directory)) return true;
    if (!record(directory, filesystem->strategy)) return false;
    reading = read_agreement(directory, &agreement);
  }
  if (reading != AGREED || agreement.strategy == STRATEGY_AUTO) return reading == AGREED;
  *strategy = agreement.strategy;
  return *strategy == filesystem->strategy || works_from(*strategy, filesystem);
}
