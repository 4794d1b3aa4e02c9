#include "destination.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "habit.h"
#include "path.h"
#include "tables/compiles.h"
#include "tables/messages.h"
#include "words.h"

/** What a link leads to in the end, whether or not that is there. Null for a loop, and for an open file (/proc/self/fd/1). */
static const char *end_of(const char *link) {
  const char *path = link;
  for (int links = 0; links < MOST_LINKS; links++) {
    char next[PATH_MAX];
    struct statfs where;
    const char *directory = directory_of(path);
    if (statfs(directory, &where) == 0 && (unsigned)where.f_type == PROC_MAGIC) return NULL;
    ssize_t length = readlink(path, next, sizeof next);
    if (length < 0) return path;
    if (length == (ssize_t)sizeof next) return NULL;
    const char *to = copy_of(next, (size_t)length);
    path = to[0] == '/' ? to : joined(directory, "/", to, NULL);
  }
  return NULL;
}

static struct destination foreign(const char *target, const char *reason) {
  return (struct destination){.kind = DESTINATION_FOREIGN, .path = target, .reason = reason};
}

static struct destination in_place(const char *path, const char *reason) {
  return (struct destination){.kind = DESTINATION_IN_PLACE, .path = path, .reason = reason};
}

/** Whether a rename over a file that is there would be refused. */
static bool is_irreplaceable(const char *path, const struct stat *file) {
  struct stat directory;
  const char *name = directory_of(path);
  if (faccessat(AT_FDCWD, name, W_OK | X_OK, AT_EACCESS) != 0) return true;
  if (file->st_uid == geteuid() || geteuid() == 0 || stat(name, &directory) != 0) return false;
  return (directory.st_mode & S_ISVTX) != 0 && directory.st_uid != geteuid();
}

/** @param file what is there, or null */
static bool writes_into(enum habit habit, const struct stat *file) {
  return habit == HABIT_WRITES || (habit == HABIT_REMOVES_FILLED && (file == NULL || file->st_size == 0));
}

/** @param end what the link of that name leads to, or null if it is none */
static struct destination judge_file(const char *target, const char *end, const struct stat *file, char **command) {
  bool certain = true;
  bool has_others = command != NULL && (end != NULL || (file != NULL && file->st_nlink > 1));
  bool through = has_others && writes_into(habit_of(command, &certain), file);
  if (through && !certain) return in_place(target, SAYS_UNCLEAR_LINK);
  const char *path = through && end != NULL ? end : target;
  if (through && file != NULL && file->st_nlink > 1) return in_place(path, SAYS_OTHER_NAMES);
  if (file != NULL && is_irreplaceable(path, file)) return in_place(path, SAYS_NOT_REPLACEABLE);
  return (struct destination){.kind = DESTINATION_FILE, .path = path};
}

struct destination destination_of(const char *target, char **command) {
  struct stat found;
  if (lstat(target, &found) != 0) return (struct destination){.kind = DESTINATION_FILE, .path = target};
  if (S_ISREG(found.st_mode)) return judge_file(target, NULL, &found, command);
  if (!S_ISLNK(found.st_mode)) return foreign(target, SAYS_OUTPUT_IS_NOT_REGULAR);
  const char *end = end_of(target);
  if (end == NULL) return foreign(target, SAYS_OUTPUT_IS_OPEN);
  if (stat(end, &found) == 0) {
    if (!S_ISREG(found.st_mode)) return foreign(target, SAYS_OUTPUT_IS_NOT_REGULAR);
    return judge_file(target, end, &found, command);
  }
  bool possible = errno == ENOENT && *name_of(end) != '\0' && stat(directory_of(end), &found) == 0;
  if (!possible) return foreign(target, SAYS_OUTPUT_LEADS_NOWHERE);
  return judge_file(target, end, NULL, command);
}
