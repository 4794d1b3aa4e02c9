#include "product.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "report.h"

const char *unique_pid(void) {
  static char *pid;
  if (pid == NULL) pid = text("%ld", (long)getpid());
  return pid;
}

const char *unique_random(void) {
  static char *hexadecimal;
  uint64_t value;
  if (hexadecimal == NULL) {
    if (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value) abort();
    hexadecimal = text("%016llx", (unsigned long long)value);
  }
  return hexadecimal;
}

const char *unique_name(void) {
  static char *name;
  if (name == NULL) name = text("%s.%s", unique_pid(), unique_random());
  return name;
}

/** Whether a directory is shared by its group: what is made in it gets its group, which may write. */
static bool is_shared(const char *directory) {
  struct stat found;
  return stat(directory, &found) == 0 && (found.st_mode & S_ISGID) != 0 && (found.st_mode & S_IWGRP) != 0;
}

/** Whether the file of that path is in such a directory. Remembers the last one: they are mostly the same. */
static bool is_in_shared(const char *path) {
  static char *last;
  static bool shared;
  char *directory = directory_of(path);
  if (last == NULL || strcmp(last, directory) != 0) {
    last = directory;
    shared = is_shared(directory);
  }
  return shared;
}

static mode_t published_mode(mode_t made, const struct stat *replaced, bool shared) {
  made &= 0777;
  if (shared) return made | 0060 | (made & 0100) >> 3;
  if (replaced == NULL || !S_ISREG(replaced->st_mode)) return made;
  mode_t mode = replaced->st_mode & 0666;
  return (made & 0100) != 0 ? mode | (mode & 0444) >> 2 : mode;
}

/** By a descriptor that follows no link, lest one put there meanwhile leads elsewhere. Some file systems have no modes. */
static void set_mode(const char *path, const struct stat *file, mode_t mode) {
  struct stat found;
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &found) == 0 && found.st_ino == file->st_ino && found.st_dev == file->st_dev) (void)fchmod(fd, mode);
  close(fd);
}

static void share(const char *temporary, const struct stat *product, const char *target) {
  struct stat replaced;
  if (!S_ISREG(product->st_mode)) return;
  bool shared = is_in_shared(target);
  bool there = !shared && lstat(target, &replaced) == 0;
  mode_t mode = published_mode(product->st_mode, there ? &replaced : NULL, shared);
  if (mode != (product->st_mode & 0777)) set_mode(temporary, product, mode);
}

void share_in_place(const char *path) {
  struct stat found;
  if (is_in_shared(path) && lstat(path, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid()) {
    share(path, &found, path);
  }
}

static bool copy_to(const char *path, const char *from);

/** Over the border of a file system, behind a link: a copy beside the target takes its place. */
static bool carry_over(const char *temporary, const char *target) {
  char *beside = text("%s/.%s.tmp", directory_of(target), unique_name());
  if (copy_to(beside, temporary) && rename(beside, target) == 0) {
    discard(temporary);
    return true;
  }
  int error = errno;
  discard(beside);
  errno = error;
  return false;
}

enum published publish(const char *temporary, const char *target) {
  struct stat product, present;
  if (lstat(temporary, &product) != 0) return errno == ENOENT ? ABSENT : NOT_PUBLISHED;
  share(temporary, &product, target);
  if (rename(temporary, target) == 0) return PUBLISHED;
  if (errno == EXDEV) return carry_over(temporary, target) ? PUBLISHED : NOT_PUBLISHED;
  // NFS may send a rename twice; the second copy finds nothing to rename, because the first one succeeded.
  if (errno != ENOENT) return NOT_PUBLISHED;
  bool there = lstat(target, &present) == 0 && present.st_ino == product.st_ino && present.st_dev == product.st_dev;
  errno = ENOENT;
  return there ? PUBLISHED : NOT_PUBLISHED;
}

static bool copy(int from, int to) {
  char buffer[1 << 16];
  ssize_t length;
  while ((length = read(from, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0, written; done < length; done += written) {
      written = write(to, buffer + done, (size_t)(length - done));
      if (written < 0) return false;
    }
  }
  return length == 0;
}

bool seed(const char *temporary, const char *target) {
  return copy_to(temporary, target) || errno == ENOENT || errno == ENOTDIR;
}

/** Makes a copy with the permissions of the other one. False with errno. */
static bool copy_to(const char *path, const char *from_path) {
  int from = open(from_path, O_RDONLY | O_CLOEXEC);
  if (from < 0) return false;
  struct stat found;
  int to = -1;
  bool copied = fstat(from, &found) == 0 &&
                (to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) >= 0 && copy(from, to) &&
                fchmod(to, found.st_mode & 0777) == 0;
  int error = errno;
  close(from);
  // NFS says here that the disk is full.
  if (to >= 0 && close(to) != 0 && copied) {
    error = errno;
    copied = false;
  }
  errno = error;
  return copied;
}

bool make_scratch(const char *directory, const char *target) {
  if (mkdir(directory, 0777) != 0) return false;
  if (is_in_shared(target)) (void)chmod(directory, 02775);
  return true;
}

/** The year 2000: before any compile, and FAT, too, knows it. */
static const struct timespec STAND_IN[] = {{.tv_sec = 946684800}, {.tv_sec = 946684800}};

bool make_stand_in(const char *temporary) {
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  bool made = futimens(fd, STAND_IN) == 0;
  return close(fd) == 0 && made;
}

bool is_stand_in(const char *temporary) {
  struct stat found;
  return lstat(temporary, &found) == 0 && found.st_size == 0 && found.st_mtim.tv_sec == STAND_IN->tv_sec;
}

bool is_empty(const char *path) {
  struct stat found;
  return lstat(path, &found) == 0 && found.st_size == 0;
}

void put_away(const char *path) {
  struct stat found;
  if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 || errno != EACCES) return;
  if (lstat(path, &found) == 0 && S_ISREG(found.st_mode)) (void)unlink(path);
}

void discard(const char *temporary) {
  // Where this fails no tool takes it for a product, and the clean-up finds it by its name.
  (void)unlink(temporary);
}
