/*
 * Loaded into a version control program (LD_PRELOAD), it makes the moments between two files of an update last.
 *
 * CAMPAIGN_SLOW  microseconds before every change of a file of the tree
 * CAMPAIGN_HALT  the change before which it says "halted" in the log of events and waits until the file go.PID is there,
 *                two seconds at most: so that whoever kills, stops or fills the disk hits this moment and no other
 * CAMPAIGN_FAIL  how many changes from that one on fail, with the disk being full
 *
 * A change is a file created, opened for writing, renamed or removed below CAMPAIGN_SOURCE; those in the directories of the
 * version control system itself (.git, .svn, .hg, CVS) are none.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long changes, halt_at, fail_for, slow;
static const char *source, *root, *run;
static int ready;

static void set_up(void) {
  if (ready) return;
  ready = 1;
  const char *text;
  source = getenv("CAMPAIGN_SOURCE");
  root = getenv("CAMPAIGN_ROOT");
  run = getenv("CAMPAIGN_RUN");
  halt_at = (text = getenv("CAMPAIGN_HALT")) ? atol(text) : 0;
  fail_for = (text = getenv("CAMPAIGN_FAIL")) ? atol(text) : 0;
  slow = (text = getenv("CAMPAIGN_SLOW")) ? atol(text) : 0;
}

static int is_administrative(const char *path) {
  static const char *const names[] = {"/.git/", "/.svn/", "/.hg/", "/CVS/"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strstr(path, names[i])) return 1;
  return 0;
}

static int is_of_the_tree(int directory, const char *path) {
  char whole[8192], above[4096] = "";
  if (source == NULL || path == NULL) return 0;
  if (path[0] != '/') {
    if (directory == AT_FDCWD) {
      if (getcwd(above, sizeof above) == NULL) return 0;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
      ssize_t length = readlink(link, above, sizeof above - 1);
      if (length < 0) return 0;
      above[length] = 0;
    }
  }
  snprintf(whole, sizeof whole, "%s%s%s", above, above[0] ? "/" : "", path);
  size_t length = strlen(source);
  return strncmp(whole, source, length) == 0 && whole[length] == '/' && !is_administrative(whole);
}

static void say(const char *path) {
  char file[4096], line[1024];
  snprintf(file, sizeof file, "%s/events", root);
  int length = snprintf(line, sizeof line, "halted run=%s pid=%d change=%ld %s\n", run ? run : "", (int)getpid(), changes, path);
  int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  int log = real(file, O_WRONLY | O_APPEND);
  if (log < 0) return;
  if (write(log, line, length) < 0) { /* what can be done about it? */
  }
  close(log);
}

/* 1 when the change is to fail. */
static int before_change(int directory, const char *path) {
  set_up();
  if (!is_of_the_tree(directory, path)) return 0;
  changes++;
  if (slow > 0) usleep(slow);
  if (halt_at > 0 && changes == halt_at && root != NULL) {
    char go[4096];
    struct stat there;
    say(path);
    snprintf(go, sizeof go, "%s/go.%d", root, (int)getpid());
    for (int i = 0; i < 400 && stat(go, &there) != 0; i++) usleep(5000);
  }
  if (halt_at > 0 && changes >= halt_at && changes < halt_at + fail_for) {
    errno = ENOSPC;
    return 1;
  }
  return 0;
}

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)); }

#define OPEN(name)                                                            \
  int name(const char *path, int flags, ...) {                                \
    va_list rest;                                                             \
    va_start(rest, flags);                                                    \
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                             \
    if (writes(flags) && before_change(AT_FDCWD, path)) return -1;            \
    return REAL(int, #name, const char *, int, ...)(path, flags, mode);       \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                          \
  int name(int directory, const char *path, int flags, ...) {                 \
    va_list rest;                                                             \
    va_start(rest, flags);                                                    \
    mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                             \
    if (writes(flags) && before_change(directory, path)) return -1;           \
    return REAL(int, #name, int, const char *, int, ...)(directory, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                           \
  FILE *name(const char *path, const char *mode) {                            \
    if (mode[0] != 'r' && before_change(AT_FDCWD, path)) return NULL;         \
    return REAL(FILE *, #name, const char *, const char *)(path, mode);       \
  }
FOPEN(fopen)
FOPEN(fopen64)

int rename(const char *from, const char *to) {
  if (before_change(AT_FDCWD, to)) return -1;
  return REAL(int, "rename", const char *, const char *)(from, to);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  if (before_change(to_directory, to)) return -1;
  return REAL(int, "renameat", int, const char *, int, const char *)(from_directory, from, to_directory, to);
}

int unlink(const char *path) {
  if (before_change(AT_FDCWD, path)) return -1;
  return REAL(int, "unlink", const char *)(path);
}
