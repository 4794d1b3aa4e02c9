#include "pid_namespace.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/** PIDFD_GET_PID_NAMESPACE of Linux 6.11, which headers may be too old to know. */
static const unsigned long GET_PID_NAMESPACE = _IO(0xff, 5);

/** Without /proc, where the kernel makes directories for each new process that looks there, and removes them at its end. */
static int open_by_pidfd(void) {
#ifdef SYS_pidfd_open
  int self = (int)syscall(SYS_pidfd_open, (long)getpid(), 0L);
  int namespace = self < 0 ? -1 : ioctl(self, GET_PID_NAMESPACE, 0L);
  if (self >= 0) close(self);
  return namespace;
#else
  return -1;
#endif
}

int pid_namespace(void) {
  static int namespace = -1;
  if (namespace < 0) namespace = open_by_pidfd();
  if (namespace < 0) namespace = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  return namespace;
}

ino_t pid_namespace_number(void) {
  static struct stat found;
  int namespace = pid_namespace();
  if (found.st_ino == 0 && (namespace < 0 || fstat(namespace, &found) != 0)) return 0;
  return found.st_ino;
}
