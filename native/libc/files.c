/* System calls on files. */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include "system.h"

int openat(int directory, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (int)CALL4(openat, directory, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (int)CALL4(openat, AT_FDCWD, path, flags, mode);
}

int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  long argument = va_arg(rest, long);
  va_end(rest);
  return (int)CALL3(fcntl, fd, command, argument);
}

int close(int fd) { return (int)CALL1(close, fd); }
ssize_t read(int fd, void *to, size_t size) { return CALL3(read, fd, to, size); }
ssize_t pread(int fd, void *to, size_t size, off_t at) { return CALL4(pread64, fd, to, size, at); }
ssize_t write(int fd, const void *from, size_t size) { return CALL3(write, fd, from, size); }
int ftruncate(int fd, off_t size) { return (int)CALL2(ftruncate, fd, size); }
int fsync(int fd) { return (int)CALL1(fsync, fd); }
int flock(int fd, int operation) { return (int)CALL2(flock, fd, operation); }
int pipe2(int ends[2], int flags) { return (int)CALL2(pipe2, ends, flags); }

int dup2(int fd, int as) {
  if (fd == as) return fcntl(fd, F_GETFD, 0L) < 0 ? -1 : fd;
  return (int)CALL3(dup3, fd, as, 0);
}

int fstatat(int directory, const char *path, struct stat *found, int flags) {
  return (int)CALL4(newfstatat, directory, path, found, flags);
}

int stat(const char *path, struct stat *found) { return fstatat(AT_FDCWD, path, found, 0); }
int lstat(const char *path, struct stat *found) { return fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW); }
int fstat(int fd, struct stat *found) { return (int)CALL2(fstat, fd, found); }
int statfs(const char *path, struct statfs *found) { return (int)CALL2(statfs, path, found); }
int fstatfs(int fd, struct statfs *found) { return (int)CALL2(fstatfs, fd, found); }

int faccessat(int directory, const char *path, int mode, int flags) {
  if (flags == 0) return (int)CALL3(faccessat, directory, path, mode);
#ifdef SYS_faccessat2
  int answered = (int)CALL4(faccessat2, directory, path, mode, flags);
  if (answered == 0 || errno != ENOSYS) return answered;
#endif
  // Linux before 5.8 asks with the real user only; where that is the effective one there is no difference.
  return (int)CALL3(faccessat, directory, path, mode);
}

int access(const char *path, int mode) { return faccessat(AT_FDCWD, path, mode, 0); }
int mkdir(const char *path, mode_t mode) { return (int)CALL3(mkdirat, AT_FDCWD, path, mode); }
int unlinkat(int directory, const char *path, int flags) { return (int)CALL3(unlinkat, directory, path, flags); }
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  return (int)CALL(renameat2, from_directory, from, to_directory, to, flags, 0);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, 0);
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int link(const char *from, const char *to) { return (int)CALL(linkat, AT_FDCWD, from, AT_FDCWD, to, 0, 0); }

ssize_t readlink(const char *path, char *to, size_t size) { return CALL4(readlinkat, AT_FDCWD, path, to, size); }

int chmod(const char *path, mode_t mode) { return (int)CALL3(fchmodat, AT_FDCWD, path, mode); }
int fchmod(int fd, mode_t mode) { return (int)CALL2(fchmod, fd, mode); }
int fchown(int fd, uid_t user, gid_t group) { return (int)CALL3(fchown, fd, user, group); }
mode_t umask(mode_t mask) { return (mode_t)CALL1(umask, mask); }
int futimens(int fd, const struct timespec times[2]) { return (int)CALL4(utimensat, fd, NULL, times, 0); }

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  long argument = va_arg(rest, long);
  va_end(rest);
  return (int)CALL3(ioctl, fd, request, argument);
}

int isatty(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from) {
  return (void *)CALL(mmap, at, size, protection, flags, fd, from);
}

int munmap(void *at, size_t size) { return (int)CALL2(munmap, at, size); }

int socket(int family, int type, int protocol) { return (int)CALL3(socket, family, type, protocol); }

int connect(int fd, const struct sockaddr *to, socklen_t length) { return (int)CALL3(connect, fd, to, length); }

ssize_t send(int fd, const void *from, size_t size, int flags) { return CALL(sendto, fd, from, size, flags, NULL, 0); }

int memfd_create(const char *name, unsigned flags) { return (int)CALL2(memfd_create, name, flags); }

char *getcwd(char *to, size_t size) {
  long length = CALL2(getcwd, to, size);
  if (length > 0 && *to != '/') errno = ENOENT; // it is in no directory that can be reached from here
  return length > 0 && *to == '/' ? to : NULL;
}

/** By what the kernel calls an open file. Only where there is /proc. */
char *realpath(const char *path, char *to) {
  char link[32], name[PATH_MAX];
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, name, sizeof name - 1);
  close(fd);
  // What is out of reach has a name that begins otherwise.
  if (length <= 0 || name[0] != '/') return NULL;
  name[length] = '\0';
  return to == NULL ? strdup(name) : strcpy(to, name);
}
