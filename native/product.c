#include "product.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

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

enum published publish(const char *temporary, const char *target) {
  struct stat product, present;
  if (lstat(temporary, &product) != 0) return errno == ENOENT ? ABSENT : NOT_PUBLISHED;
  if (rename(temporary, target) == 0) return PUBLISHED;
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
  int from = open(target, O_RDONLY | O_CLOEXEC);
  if (from < 0) return errno == ENOENT;
  struct stat found;
  int to = -1;
  bool copied = fstat(from, &found) == 0 &&
                (to = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) >= 0 &&
                copy(from, to) && fchmod(to, found.st_mode & 0777) == 0;
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

void discard(const char *temporary) {
  // Where this fails nobody takes it for a product, and the clean-up finds it by its name.
  (void)unlink(temporary);
}
