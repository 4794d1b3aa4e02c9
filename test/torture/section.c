/*
 * The command that the torture test of object locks has wrapped: a critical section with a witness that no lock
 * protocol can influence, an object in its last argument, and, often, the death of the helper that runs it.
 *
 * section DIRECTORY TARGET KILL -o TEMPORARY: files `witness`, `overlaps`, `torn`, `sections`, `entries` lie in DIRECTORY; an
 * entry is a helper and when it got in, in milliseconds of the monotonic clock. KILL is the probability in percent that the helper is killed some time around now.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
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

/** The fields of /proc/PID/stat that matter here. False when the process is gone. */
static bool read_stat(long pid, char *state, long *parent, unsigned *flags) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  int fd = open(path, O_RDONLY);
  ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  if (length <= 0) return false;
  line[length] = '\0';
  const char *at = strrchr(line, ')');
  return at != NULL && sscanf(at + 1, " %c %ld %*d %*d %*d %*d %u", state, parent, flags) == 3;
}

/** Whether a helper still counts as an owner: not when it is gone, a zombie, or being taken apart by the kernel. */
static bool lives(long pid) {
  char state;
  long parent;
  unsigned flags;
  if (!read_stat(pid, &state, &parent, &flags)) return false;
  return state != 'Z' && state != 'X' && (flags & 4 /* PF_EXITING */) == 0;
}

/** `T.PID.RANDOM.tmp` says who runs a section. */
static long helper_of(const char *temporary) {
  const char *name = strrchr(temporary, '/');
  long pid;
  return name != NULL && sscanf(name, "/x.o.%ld.", &pid) == 1 ? pid : 0;
}

/** The living helper of another section; 0 when that was killed and its section only has not noticed yet. */
static long living_helper(long section) {
  char path[64], words[8192], state;
  long parent;
  unsigned flags;
  snprintf(path, sizeof path, "/proc/%ld/cmdline", section);
  int fd = open(path, O_RDONLY);
  ssize_t length = fd < 0 ? 0 : read(fd, words, sizeof words - 1);
  if (fd >= 0) close(fd);
  if (length <= 1) return 0;
  words[length] = '\0';
  size_t last = (size_t)length - 1;
  while (last > 0 && words[last - 1] != '\0') last--;
  long helper = helper_of(words + last);
  if (!read_stat(section, &state, &parent, &flags) || parent != helper || !lives(helper)) return 0;
  return helper;
}

/** By a lock of the kernel that has nothing to do with those under test, and that says who holds it. */
static void enter(long helper) {
  int witness = open_in("witness", O_RDWR);
  long seen = 0;
  for (int tries = 0; tries < 20000; tries++) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(witness, F_SETLK, &whole) == 0) return; // until we end
    if (fcntl(witness, F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) continue;
    if (getppid() != helper || !lives(helper)) exit(95); // killed meanwhile, so the lock is somebody else's by right
    long other = living_helper(whole.l_pid);
    // Twice: who has just ended may still have looked alive.
    if (other != 0 && other == seen) {
      char line[160];
      snprintf(line, sizeof line, "%ld came in while %ld was inside\n", helper, other);
      report("overlaps", line);
      return;
    }
    seen = other;
    usleep(1000);
  }
  report("overlaps", "a section never ended\n");
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
  // An empty one stands in for the old object, so that it is seen whether the command would have removed that.
  int fd = open(temporary, O_WRONLY | O_CREAT | O_NOFOLLOW, 0664);
  struct stat found;
  if (fd < 0 || fstat(fd, &found) != 0 || found.st_size > 0) {
    report("torn", "the temporary is somebody else's\n");
    exit(98);
  }
  snprintf(name, sizeof name, "%ld\n", helper);
  memset(filling, 'x', sizeof filling);
  if (write(fd, name, strlen(name)) < 0 || write(fd, filling, sizeof filling) < 0) exit(97);
  usleep(500);
  if (write(fd, name, strlen(name)) < 0) exit(97);
  close(fd);
}

static void report_entry(long helper) {
  struct timespec now;
  char line[64];
  clock_gettime(CLOCK_MONOTONIC, &now);
  snprintf(line, sizeof line, "%ld %lld\n", helper, now.tv_sec * 1000LL + now.tv_nsec / 1000000);
  report("entries", line);
}

/** Some time between now and after our end, so that each step of the helper has its turn. */
static void kill_soon(long helper, unsigned random) {
  if (fork() != 0) return;
  setsid();
  usleep(random % 2500);
  kill((pid_t)helper, SIGKILL);
  _exit(0);
}

int main(int count, char **arguments) {
  unsigned random[2];
  if (count < 5 || getrandom(random, sizeof random, 0) < 0) return 96;
  long helper = helper_of(arguments[count - 1]);
  if (helper != getppid()) return 95; // killed already, so it owns nothing
  directory = arguments[1];
  if (random[0] % 100 < (unsigned)atoi(arguments[3])) kill_soon(helper, random[1]);
  enter(helper);
  report_entry(helper);
  report("sections", "x");
  check(arguments[2]);
  produce(arguments[count - 1], helper);
  return 0;
}
