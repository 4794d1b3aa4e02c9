/*
 * The command that the torture test of object locks has wrapped: a critical section with a witness that no lock
 * protocol can influence, an object in its last argument, and, often, the death of the helper that runs it.
 *
 * section DIRECTORY TARGET KILL -o TEMPORARY: files `witness`, `overlaps`, `torn`, `sections` lie in DIRECTORY; KILL is
 * the probability in percent that the helper is killed some time around now.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILLING = 40000 };

static const char *directory;

static int open_in(const char *name, int flags) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0664);
  if (fd < 0) exit(99);
  return fd;
}

static void report(const char *file, const char *line) {
  int fd = open_in(file, O_WRONLY | O_APPEND);
  if (write(fd, line, strlen(line)) < 0) exit(99);
  close(fd);
}

/** Whether a helper still counts as an owner: not when it is gone, a zombie, or being taken apart by the kernel. */
static bool lives(long pid) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  int fd = open(path, O_RDONLY);
  ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  if (length <= 0) return false;
  line[length] = '\0';
  char state;
  unsigned flags;
  const char *at = strrchr(line, ')');
  if (at == NULL || sscanf(at + 1, " %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2) return false;
  return state != 'Z' && state != 'X' && (flags & 4 /* PF_EXITING */) == 0;
}

/** A killed helper's section may outlive it for an instant; only a helper that lives is an owner. */
static void enter(long helper) {
  int witness = open_in("witness", O_RDWR);
  fcntl(witness, F_SETFD, 0);
  for (int tries = 0; flock(witness, LOCK_EX | LOCK_NB) != 0; tries++) {
    char text[64] = "", line[160];
    if (pread(witness, text, sizeof text - 1, 0) < 0) exit(99);
    long other = atol(text);
    usleep(1000);
    // Twice, because what we read may have been the name of the one before.
    if (tries < 2 || !lives(other) || other == helper) {
      if (tries < 5000) continue;
    }
    snprintf(line, sizeof line, "%ld came in while %ld was inside\n", helper, other);
    report("overlaps", line);
    return;
  }
  char text[64];
  snprintf(text, sizeof text, "%20ld\n", helper);
  if (pwrite(witness, text, strlen(text), 0) < 0) exit(99);
  // Stays open, and locked, until we end.
}

/** An object is whole when it begins and ends with the same name. */
static void check(const char *target) {
  static char content[FILLING + 256];
  int fd = open(target, O_RDONLY);
  if (fd < 0) {
    struct stat any;
    char path[4096];
    snprintf(path, sizeof path, "%s/published", directory);
    if (stat(path, &any) == 0) report("torn", "the object has vanished\n");
    return;
  }
  ssize_t length = read(fd, content, sizeof content - 1);
  close(fd);
  content[length < 0 ? 0 : length] = '\0';
  char *newline = strchr(content, '\n');
  size_t name = newline == NULL ? 0 : (size_t)(newline - content) + 1;
  bool whole = name > 0 && (size_t)length == 2 * name + FILLING && memcmp(content, content + length - name, name) == 0;
  if (!whole) report("torn", "the object is torn\n");
}

static void produce(const char *temporary, long helper) {
  static char filling[FILLING];
  char name[64];
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0664);
  if (fd < 0) {
    report("torn", "the temporary is there already\n");
    exit(98);
  }
  snprintf(name, sizeof name, "%ld\n", helper);
  memset(filling, 'x', sizeof filling);
  if (write(fd, name, strlen(name)) < 0 || write(fd, filling, sizeof filling) < 0) exit(97);
  usleep(500);
  if (write(fd, name, strlen(name)) < 0) exit(97);
  close(fd);
}

/** Some time between now and after our end, so that each step of the helper has its turn. */
static void kill_soon(long helper, unsigned random) {
  if (fork() != 0) return;
  setsid();
  usleep(random % 2500);
  kill((pid_t)helper, SIGKILL);
  _exit(0);
}

/** `T.PID.RANDOM.tmp` says who runs us; our parent is another one when that one was killed. */
static long helper_of(const char *temporary) {
  const char *name = strrchr(temporary, '/');
  long pid;
  return name != NULL && sscanf(name, "/x.o.%ld.", &pid) == 1 ? pid : 0;
}

int main(int count, char **arguments) {
  unsigned random[2];
  if (count < 5 || getrandom(random, sizeof random, 0) < 0) return 96;
  long helper = helper_of(arguments[count - 1]);
  if (helper != getppid()) return 95; // killed already, so it owns nothing
  directory = arguments[1];
  if (random[0] % 100 < (unsigned)atoi(arguments[3])) kill_soon(helper, random[1]);
  enter(helper);
  report("sections", "x");
  check(arguments[2]);
  produce(arguments[count - 1], helper);
  return 0;
}
