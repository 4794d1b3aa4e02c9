#include "program.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *working_directory(void) {
  static char path[PATH_MAX];
  if (path[0] == '\0' && getcwd(path, sizeof path) == NULL) path[0] = '\0';
  // A working directory out of reach has a name that does not begin so.
  return path[0] == '/' ? path : NULL;
}

char *absolute(const char *path) {
  if (path[0] == '/') return copy_of(path, strlen(path));
  const char *here = working_directory();
  return joined(here == NULL || strcmp(here, "/") == 0 ? "" : here, "/", path, NULL);
}

static bool is_program(const char *path) {
  struct stat found;
  return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 && stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

char *find_program(const char *name, struct words *absent) {
  if (strchr(name, '/') != NULL) return is_program(name) ? absolute(name) : NULL;
  const char *path = getenv("PATH");
  if (path == NULL || path[0] == '\0') return NULL;
  for (const char *at = path;; at++) {
    size_t length = strcspn(at, ":");
    // An empty one is the working directory.
    const char *directory = length == 0 ? "." : copy_of(at, length);
    char *candidate = absolute(joined(directory, "/", name, NULL));
    if (is_program(candidate)) return candidate;
    add_word(absent, candidate, -1);
    at += length;
    if (*at == '\0') return NULL;
  }
}

bool is_binary(const char *path) {
  static const char ELF[] = {0x7f, 'E', 'L', 'F'};
  char magic[sizeof ELF];
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  bool binary = read(fd, magic, sizeof magic) == (ssize_t)sizeof magic && memcmp(magic, ELF, sizeof magic) == 0;
  close(fd);
  return binary;
}
