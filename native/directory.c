#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

/** Set-group-ID and group write: how a team shares a directory; and all that it then grants to the group. */
enum { SHARED = S_ISGID | S_IWGRP, GRANTED = S_ISGID | S_IRWXG };

/** By way of a descriptor that follows no link, since others of the group may put one in the new directory's place. */
static void share_like_parent(const char *path, const char *parent) {
  struct stat above, made;
  if (stat(parent, &above) != 0 || (above.st_mode & SHARED) != SHARED) return;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &made) == 0 && fchmod(fd, (made.st_mode & 07777) | (above.st_mode & GRANTED)) != 0)
    errno = 0; // only its group is missing then
  close(fd);
}

bool make_directory(const char *path) {
  char *parent = directory_of(path);
  bool there = mkdir(path, 0777) == 0;
  if (!there && errno == ENOENT && strcmp(parent, path) != 0 && make_directory(parent)) there = mkdir(path, 0777) == 0;
  if (there) {
    share_like_parent(path, parent);
  } else {
    int why = errno;
    struct stat found;
    there = stat(path, &found) == 0 && S_ISDIR(found.st_mode);
    errno = why;
  }
  free(parent);
  return there;
}
