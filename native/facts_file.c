#include "facts_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "product.h"
#include "report.h"

bool read_own_file(int directory, const char *name, struct buffer *content) {
  struct stat found;
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  bool read = fstat(fd, &found) == 0 && found.st_uid == geteuid() && (found.st_mode & 022) == 0 &&
              read_file(fd, MOST_FACTS, content);
  close(fd);
  return read;
}

void write_own_file(int directory, const char *name, const struct buffer *content) {
  // As the temporaries that the clean-up knows.
  const char *temporary = joined(".", unique_name(), ".tmp", NULL);
  int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return;
  bool written = write_all(fd, content->bytes, content->length);
  written = close(fd) == 0 && written;
  if (!written || renameat(directory, temporary, directory, name) != 0) unlinkat(directory, temporary, 0);
}

bool read_facts_file(int directory, const char *name, struct facts *facts) {
  struct buffer content = {0};
  return read_own_file(directory, name, &content) && read_facts(content.bytes, content.length, facts);
}

void write_facts_file(int directory, const char *name, const struct facts *facts) {
  struct buffer content = {0};
  if (add_facts(&content, facts)) write_own_file(directory, name, &content);
}
