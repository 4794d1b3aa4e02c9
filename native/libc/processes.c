/* System calls on processes, and the search for programs. */
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system.h"

pid_t getpid(void) { return (pid_t)CALL0(getpid); }
pid_t getppid(void) { return (pid_t)CALL0(getppid); }
uid_t geteuid(void) { return (uid_t)CALL0(geteuid); }
gid_t getegid(void) { return (gid_t)CALL0(getegid); }
int getgroups(int size, gid_t groups[]) { return (int)CALL2(getgroups, size, groups); }
pid_t setsid(void) { return (pid_t)CALL0(setsid); }
int sched_yield(void) { return (int)CALL0(sched_yield); }
pid_t waitpid(pid_t pid, int *status, int options) { return (pid_t)CALL4(wait4, pid, status, options, NULL); }
int clock_gettime(clockid_t clock, struct timespec *now) { return (int)CALL2(clock_gettime, clock, now); }
int setitimer(__itimer_which_t which, const struct itimerval *timer, struct itimerval *old) {
  return (int)CALL3(setitimer, which, timer, old);
}
int getitimer(__itimer_which_t which, struct itimerval *timer) { return (int)CALL2(getitimer, which, timer); }
ssize_t getrandom(void *to, size_t size, unsigned flags) { return CALL3(getrandom, to, size, flags); }

long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
  long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  return answer(call6(number, a, b, c, d, e, f));
}

int prctl(int option, ...) {
  va_list rest;
  va_start(rest, option);
  unsigned long a = va_arg(rest, unsigned long), b = va_arg(rest, unsigned long);
  unsigned long c = va_arg(rest, unsigned long), d = va_arg(rest, unsigned long);
  va_end(rest);
  return (int)CALL(prctl, option, a, b, c, d, 0);
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *patience, const sigset_t *mask) {
  struct timespec left;
  if (patience != NULL) left = *patience; // the kernel writes into it
  return (int)CALL(ppoll, files, count, patience == NULL ? NULL : &left, mask, 8, 0);
}

int poll(struct pollfd *files, nfds_t count, int ms) {
  struct timespec patience = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
  return ppoll(files, count, ms < 0 ? NULL : &patience, NULL);
}

int gethostname(char *name, size_t size) {
  struct utsname names;
  if (CALL1(uname, &names) != 0) return -1;
  strncpy(name, names.nodename, size);
  return 0;
}

char *getenv(const char *name) {
  size_t length = strlen(name);
  for (char **variable = environ; *variable != NULL; variable++) {
    if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=') return *variable + length + 1;
  }
  return NULL;
}

int execve(const char *path, char *const arguments[], char *const environment[]) {
  return (int)CALL3(execve, path, arguments, environment);
}

/** A text that is no program is a script for the shell, as it has always been. */
static void execute(const char *path, char *const arguments[], char *const environment[]) {
  execve(path, arguments, environment);
  if (errno != ENOEXEC) return;
  size_t count = 0;
  while (arguments[count] != NULL) count++;
  char *words[count + 2];
  words[0] = "/bin/sh";
  words[1] = (char *)path;
  for (size_t index = 1; index <= count; index++) words[index + 1] = arguments[index];
  execve(words[0], words, environment);
}

/** Without allocation: it is called after vfork(2). */
int execvpe(const char *name, char *const arguments[], char *const environment[]) {
  errno = ENOENT;
  if (*name == '\0') return -1;
  if (strchr(name, '/') != NULL) {
    execute(name, arguments, environment);
    return -1;
  }
  const char *at = getenv("PATH");
  if (at == NULL) at = "/bin:/usr/bin";
  size_t length = strlen(name);
  bool forbidden = false;
  for (;; at++) {
    size_t directory = strcspn(at, ":");
    char path[PATH_MAX];
    if (directory + length + 2 <= sizeof path) {
      memcpy(path, at, directory);
      if (directory > 0) path[directory++] = '/';
      memcpy(path + directory, name, length + 1);
      execute(path, arguments, environment);
      if (errno == EACCES) forbidden = true;
      else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV && errno != ETIMEDOUT)
        return -1;
    }
    at += strcspn(at, ":");
    if (*at == '\0') break;
  }
  errno = forbidden ? EACCES : ENOENT;
  return -1;
}

int execvp(const char *name, char *const arguments[]) { return execvpe(name, arguments, environ); }

#if defined __x86_64__
// The child returns first and overwrites what is on the stack, so the return address waits in a register.
__asm__(
    ".pushsection .text\n"
    ".globl vfork\n"
    ".type vfork, @function\n"
    "vfork:\n"
    "  pop %rdx\n"
    "  mov $58, %eax\n"
    "  syscall\n"
    "  push %rdx\n"
    "  mov %rax, %rdi\n"
    "  jmp answer_of_vfork\n"
    ".popsection\n");
#else
// clone(CLONE_VM | CLONE_VFORK | SIGCHLD); the return address is in a register anyway.
__asm__(
    ".pushsection .text\n"
    ".globl vfork\n"
    ".type vfork, %function\n"
    "vfork:\n"
    "  mov x0, #0x4111\n"
    "  mov x1, #0\n"
    "  mov x2, #0\n"
    "  mov x3, #0\n"
    "  mov x4, #0\n"
    "  mov x8, #220\n"
    "  svc 0\n"
    "  b answer_of_vfork\n"
    ".popsection\n");
#endif

pid_t answer_of_vfork(long result) __attribute__((used));
pid_t answer_of_vfork(long result) { return (pid_t)answer(result); }
