#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "words.h"

/** As Linux: more links than this are a circle. */
enum { MOST_LINKS = 40, MOST_NAMES = 512, BUCKETS = 1024 };

enum entry_kind { ENTRY_ABSENT, ENTRY_UNCLEAR, ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_OTHER, ENTRY_LINK };

/** What is at a path, without following a link there. */
struct entry {
  const char *path;
  enum entry_kind kind;
  file_moment changed;
  const char *to;
  struct entry *next;
};

static void read_entry(struct entry *entry) {
  struct stat found;
  char to[PATH_MAX];
  entry->kind = ENTRY_UNCLEAR;
  if (lstat(entry->path, &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) entry->kind = ENTRY_ABSENT;
    return;
  }
  entry->changed = found.st_ctim.tv_sec * 1000000000LL + found.st_ctim.tv_nsec;
  if (S_ISDIR(found.st_mode)) entry->kind = ENTRY_DIRECTORY;
  else if (S_ISREG(found.st_mode)) {
    // What its maker may read, another user may not.
    if (faccessat(AT_FDCWD, entry->path, R_OK, AT_EACCESS) == 0) entry->kind = ENTRY_FILE;
  } else if (S_ISLNK(found.st_mode)) {
    ssize_t length = readlink(entry->path, to, sizeof to);
    if (length <= 0 || length == (ssize_t)sizeof to) return;
    entry->to = copy_of(to, (size_t)length);
    entry->kind = ENTRY_LINK;
  } else {
    entry->kind = ENTRY_OTHER;
  }
}

/** Looks at the disk, once at each path: a judgement sees one moment of it, or an earlier one. */
static const struct entry *look(const char *path) {
  static struct entry *seen[BUCKETS];
  uint32_t hash = 2166136261u;
  for (const char *at = path; *at != '\0'; at++) hash = (hash ^ (unsigned char)*at) * 16777619u;
  struct entry **bucket = &seen[hash % BUCKETS];
  for (struct entry *entry = *bucket; entry != NULL; entry = entry->next) {
    if (strcmp(entry->path, path) == 0) return entry;
  }
  struct entry *entry = allocate(sizeof *entry);
  *entry = (struct entry){.path = copy_of(path, strlen(path)), .next = *bucket};
  read_entry(entry);
  *bucket = entry;
  return entry;
}

/** Takes the first name of what remains of a path, without empty ones and `.`; null at its end. */
static char *take_name(const char **rest) {
  for (;;) {
    *rest += strspn(*rest, "/");
    size_t length = strcspn(*rest, "/");
    if (length == 0) return NULL;
    const char *name = *rest;
    *rest += length;
    if (length != 1 || name[0] != '.') return copy_of(name, length);
  }
}

static bool has_more(const char *rest) { return take_name(&rest) != NULL; }

static const struct found UNCLEAR = {.kind = FOUND_UNCLEAR};

struct found follow(const char *path, file_moment before) {
  /** The directories from the root to where we are. */
  struct {
    const char *path;
    file_moment changed;
  } way[MOST_NAMES];
  const struct entry *root = look("/");
  if (root->kind != ENTRY_DIRECTORY) return UNCLEAR;
  int depth = 0, links = 0;
  way[0].path = "";
  way[0].changed = root->changed;
  bool settled = true;
  for (const char *rest = path;;) {
    if (links > MOST_LINKS || depth + 1 >= MOST_NAMES) return UNCLEAR;
    char *name = take_name(&rest);
    if (name == NULL) return (struct found){.kind = FOUND_DIRECTORY, .settled = settled};
    if (strcmp(name, "..") == 0) {
      if (depth > 0) depth--;
      continue;
    }
    file_moment here = way[depth].changed;
    const struct entry *entry = look(joined(way[depth].path, "/", name, NULL));
    if (entry->kind == ENTRY_UNCLEAR) return UNCLEAR;
    if (entry->kind == ENTRY_ABSENT) return (struct found){.kind = FOUND_ABSENT, .settled = settled && here < before};
    settled = settled && (entry->changed < before || (entry->kind != ENTRY_FILE && here < before));
    if (entry->kind == ENTRY_LINK) {
      links++;
      if (entry->to[0] == '/') depth = 0;
      rest = joined(entry->to, "/", rest, NULL);
    } else if (entry->kind == ENTRY_DIRECTORY) {
      depth++;
      way[depth].path = entry->path;
      way[depth].changed = entry->changed;
    } else if (has_more(rest)) {
      // A file in the place of a directory.
      return (struct found){.kind = FOUND_ABSENT, .settled = settled};
    } else {
      return (struct found){.kind = entry->kind == ENTRY_FILE ? FOUND_FILE : FOUND_OTHER, .settled = settled};
    }
  }
}
