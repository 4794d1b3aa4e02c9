#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certain_filesystem.h"
#include "clock.h"
#include "listing.h"
#include "words.h"

/** As Linux: more links than this are a circle. */
enum { MOST_LINKS = 40, MOST_NAMES = 512, BUCKETS = 4096 };
/** After so many names that a directory has not, its names are read. */
enum { FEW_ABSENT = 8 };

enum entry_kind { ENTRY_ABSENT, ENTRY_UNCLEAR, ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_OTHER, ENTRY_LINK };

/** What is at a path, without following a link there. */
struct entry {
  const char *path;
  enum entry_kind kind;
  file_moment changed;
  const char *to;
  uint32_t hash;
  struct entry *next;
  /** Of a directory: how many names that were looked for are not there. */
  int absent;
  /** Whether its names have been asked for, and all of them, if they are known. */
  bool listed;
  const struct listing *listing;
};

static void read_entry(struct entry *entry) {
  struct stat found;
  char to[PATH_MAX];
  entry->kind = ENTRY_UNCLEAR;
  if (lstat(entry->path, &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) entry->kind = ENTRY_ABSENT;
    return;
  }
  if (!is_certain_device(entry->path, &found)) return;
  entry->changed = nanoseconds(found.st_ctim);
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

/** What has been looked at, by the hashes of the paths. */
static struct entry *seen[BUCKETS];

void forget_lookups(void) { memset(seen, 0, sizeof seen); }

/** Looks at the disk, once at each path: a judgement sees one moment of it, or an earlier one. */
static struct entry *look(const char *path) {
  uint32_t hash = 2166136261u;
  for (const char *at = path; *at != '\0'; at++) hash = (hash ^ (unsigned char)*at) * 16777619u;
  struct entry **bucket = &seen[hash % BUCKETS];
  for (struct entry *entry = *bucket; entry != NULL; entry = entry->next) {
    if (entry->hash == hash && strcmp(entry->path, path) == 0) return entry;
  }
  struct entry *entry = allocate(sizeof *entry);
  *entry = (struct entry){.path = copy_of(path, strlen(path)), .hash = hash, .next = *bucket};
  read_entry(entry);
  *bucket = entry;
  return entry;
}

/** The first name of what remains of a path, without empty ones and `.`. @returns its length; 0 at the end */
static size_t next_name(const char **rest) {
  for (;;) {
    *rest += strspn(*rest, "/");
    size_t length = strcspn(*rest, "/");
    if (length != 1 || **rest != '.') return length;
    *rest += length;
  }
}

static bool has_more(const char *rest) { return next_name(&rest) > 0; }

/** A directory on the way. */
struct step {
  const char *path;
  struct entry *directory;
};

struct way {
  /** The directories from where it begins to where we are: the root, or the working directory or what is above that. */
  struct step steps[MOST_NAMES];
  int depth, links;
  /** FOUND_DIRECTORY: it can be gone on. */
  struct found found;
};

static struct found unclear(void) { return (struct found){.kind = FOUND_UNCLEAR}; }

/** From the root, or for a relative path from the working directory, whatever its name is now. */
static bool begin(struct way *way, bool at_root) {
  struct entry *first = look(at_root ? "/" : ".");
  way->depth = 0;
  way->steps[0] = (struct step){at_root ? "" : ".", first};
  way->found = first->kind == ENTRY_DIRECTORY ? (struct found){FOUND_DIRECTORY, true} : unclear();
  return first->kind == ENTRY_DIRECTORY;
}

/** To the directory above. False where nothing is certain of it. */
static bool go_up(struct way *way, bool *settled, file_moment before) {
  struct step *first = &way->steps[0];
  if (way->depth > 0) {
    way->depth--;
  } else if (first->path[0] != '\0') {
    const char *path = strcmp(first->path, ".") == 0 ? ".." : joined(first->path, "/..", NULL);
    struct entry *above = look(path);
    if (above->kind != ENTRY_DIRECTORY) return false;
    // Neither may it have been moved to another one meanwhile.
    *settled = *settled && (first->directory->changed < before || above->changed < before);
    *first = (struct step){path, above};
  }
  return true;
}

/** The path of a name in the directory where a way is; null where it is too long. */
static const char *path_of(const struct way *way, const char *name, size_t length, char path[PATH_MAX]) {
  const char *here = way->steps[way->depth].path;
  size_t before = strlen(here);
  if (before + 1 + length >= PATH_MAX) return NULL;
  memcpy(path, here, before);
  path[before] = '/';
  memcpy(path + before + 1, name, length);
  path[before + 1 + length] = '\0';
  return path;
}

static const struct listing *listing_of(const struct entry *directory) {
  struct listing *listing = allocate(sizeof *listing);
  return read_listing(directory->path, directory->changed, listing) ? listing : NULL;
}

/** Whether a directory, which has not changed since, certainly has no such name. */
static bool is_missing(struct entry *directory, const char *name, size_t length) {
  if (directory->absent >= FEW_ABSENT && !directory->listed) {
    directory->listed = true;
    directory->listing = listing_of(directory);
  }
  return directory->listing != NULL && is_unlisted(directory->listing, name, length);
}

static struct found walk(struct way *way, const char *path, file_moment before) {
  bool settled = way->found.settled;
  char buffer[PATH_MAX];
  for (const char *rest = path;;) {
    if (way->links > MOST_LINKS || way->depth + 1 >= MOST_NAMES) return unclear();
    size_t length = next_name(&rest);
    if (length == 0) return (struct found){.kind = FOUND_DIRECTORY, .settled = settled};
    const char *name = rest;
    rest += length;
    if (length == 2 && memcmp(name, "..", 2) == 0) {
      if (!go_up(way, &settled, before)) return unclear();
      continue;
    }
    struct entry *directory = way->steps[way->depth].directory;
    file_moment here = directory->changed;
    struct found absent = {.kind = FOUND_ABSENT, .settled = settled && here < before};
    if (here < before && is_missing(directory, name, length)) return absent;
    const char *there = path_of(way, name, length, buffer);
    struct entry *entry = there == NULL ? NULL : look(there);
    if (entry == NULL || entry->kind == ENTRY_UNCLEAR) return unclear();
    if (entry->kind == ENTRY_ABSENT) {
      directory->absent++;
      return absent;
    }
    settled = settled && (entry->changed < before || (entry->kind != ENTRY_FILE && here < before));
    if (entry->kind == ENTRY_LINK) {
      way->links++;
      if (entry->to[0] == '/' && !begin(way, true)) return unclear();
      rest = joined(entry->to, "/", rest, NULL);
    } else if (entry->kind == ENTRY_DIRECTORY) {
      way->steps[++way->depth] = (struct step){entry->path, entry};
    } else if (has_more(rest)) {
      // A file in the place of a directory.
      return (struct found){.kind = FOUND_ABSENT, .settled = settled};
    } else {
      return (struct found){.kind = entry->kind == ENTRY_FILE ? FOUND_FILE : FOUND_OTHER, .settled = settled};
    }
  }
}

struct found follow(const char *path, file_moment before) {
  struct way way;
  way.links = 0;
  return begin(&way, path[0] == '/') ? walk(&way, path, before) : unclear();
}

const struct way *way_to(const char *path, file_moment before) {
  struct way *way = allocate(sizeof *way);
  way->links = 0;
  if (begin(way, path[0] == '/')) way->found = walk(way, path, before);
  return way;
}

struct found follow_from(const struct way *way, const char *name, const char *ending, file_moment before) {
  if (way->found.kind == FOUND_UNCLEAR || way->found.kind == FOUND_ABSENT) return way->found;
  if (way->found.kind != FOUND_DIRECTORY) return (struct found){.kind = FOUND_ABSENT, .settled = way->found.settled};
  // What is walked on from is copied as far as it is used.
  static struct way further;
  further.depth = way->depth;
  further.links = way->links;
  further.found = way->found;
  memcpy(further.steps, way->steps, ((size_t)way->depth + 1) * sizeof *way->steps);
  char path[PATH_MAX];
  size_t length = strlen(name), more = strlen(ending);
  if (length + more >= sizeof path) return unclear();
  memcpy(path, name, length); // NOLINT(bugprone-not-null-terminated-result): `ending` brings the zero
  memcpy(path + length, ending, more + 1);
  return walk(&further, path, before);
}
