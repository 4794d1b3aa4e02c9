/* The entries of a directory. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "system.h"

struct __dirstream {
  int fd;
  long at, end;
  /** The kernel's entries are those of the headers. */
  char entries[4096] __attribute__((aligned(8)));
};

DIR *fdopendir(int fd) {
  DIR *directory = malloc(sizeof *directory);
  if (directory == NULL) return NULL;
  directory->fd = fd;
  directory->at = directory->end = 0;
  return directory;
}

DIR *opendir(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (directory == NULL && fd >= 0) close(fd);
  return directory;
}

struct dirent *readdir(DIR *directory) {
  if (directory->at == directory->end) {
    long length = CALL3(getdents64, directory->fd, directory->entries, sizeof directory->entries);
    if (length <= 0) return NULL;
    directory->at = 0;
    directory->end = length;
  }
  struct dirent *entry = (struct dirent *)(directory->entries + directory->at);
  directory->at += entry->d_reclen;
  return entry;
}

int closedir(DIR *directory) {
  int closed = close(directory->fd);
  free(directory);
  return closed;
}
