#include "sharing.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/** Whether the umask takes something of a mode away. */
static bool masked(mode_t mode) {
  static mode_t mask;
  static bool known;
  if (!known) {
    mask = umask(0);
    umask(mask);
    known = true;
  }
  return (mask & mode) != 0;
}

/** The group of the target where it is not the one that our files get anyway. */
static bool has_foreign_group(const char *target, gid_t *group) {
  struct stat found;
  if (lstat(target, &found) != 0 || found.st_gid == getegid()) return false;
  *group = found.st_gid;
  return true;
}

void share_directory(const char *path, const char *target) {
  gid_t group;
  if (!masked(DIRECTORY_MODE) && !has_foreign_group(target, &group)) return;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  struct stat found;
  // chmod(2) would clear the SGID bit, and the pid file inside would get our own group instead of the shared one.
  if (fstat(fd, &found) == 0) share_descriptor(fd, target, DIRECTORY_MODE | (found.st_mode & S_ISGID));
  close(fd);
}

void share_descriptor(int fd, const char *target, mode_t mode) {
  if (masked(mode)) (void)!fchmod(fd, mode);
  gid_t group;
  struct stat found;
  if (!has_foreign_group(target, &group) || fstat(fd, &found) != 0 || found.st_gid == group) return;
  (void)!fchown(fd, (uid_t)-1, group);
}
