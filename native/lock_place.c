#include "lock_place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agreement.h"
#include "lock_name.h"
#include "path.h"
#include "report.h"
#include "tables/messages.h"
#include "words.h"

/** No tree is deeper. */
enum { MOST_LEVELS = 64 };

/** The names of a path from the root without those that it has in common with another one, and `../` for each of that one's. */
static char *relative(const char *from, const char *path) {
  const char *one = from, *other = path;
  for (;;) {
    size_t length = strcspn(one, "/");
    if (one[0] == '\0' || length != strcspn(other, "/") || strncmp(one, other, length) != 0) break;
    one += length;
    other += length;
    if (*other == '\0') break;
    other++;
    if (*one == '/') one++;
  }
  char *up = joined("", NULL);
  while (*one != '\0') {
    size_t length = strcspn(one, "/");
    if (length > 0) up = joined(up, "../", NULL);
    one += length + (one[length] == '/');
  }
  return joined(up, other, NULL);
}

/** A relative path as one name, from which it can be told: `/` is `%2F`, and `%` is `%25`. */
static char *as_name(const char *path) {
  char *name = allocate(3 * strlen(path) + 1), *to = name;
  for (; *path != '\0'; path++) {
    if (*path == '/') to = stpcpy(to, "%2F");
    else if (*path == '%') to = stpcpy(to, "%25");
    else *to++ = *path;
  }
  *to = '\0';
  return strlen(name) <= LONGEST_IN_DIRECTORY ? name : short_name(name);
}

/** As its parent: for the group, if that may write there, too; which group it is says the parent's set-group-ID bit. */
static bool make_shared_directory(const char *path) {
  struct stat parent;
  bool shared = stat(directory_of(path), &parent) == 0 && (parent.st_mode & S_IWGRP) != 0;
  mode_t mask = umask(0);
  umask(shared ? 0002 : mask);
  bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
  int error = errno;
  umask(mask);
  errno = error;
  return made;
}

/** Ours alone: no other user can keep a lock in it from us. Null with a `problem`. */
static char *own_directory(const char *directory, struct lock_place *place) {
  char *path = text("%s/" OWN_DIRECTORY "%ld", directory, (long)geteuid());
  struct stat found;
  if (mkdir(path, 0700) == 0 || (lstat(path, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid())) {
    return path;
  }
  const char *why = strerror(errno);
  bool there = lstat(path, &found) == 0;
  const char *full = full_path(path);
  place->problem = there ? text(SAYS_BELONGS_TO_USER, full, (long)found.st_uid) : text(SAYS_CANNOT_BE_MADE, full, why);
  return NULL;
}

/** Beside a directory of locks begins the tree that it is for, wherever that is mounted. */
static enum lock_place_found in_directory(const char *locks, const char *target, struct lock_place *place) {
  char *real = realpath(locks, NULL);
  if (real == NULL && errno == ENOENT && make_shared_directory(locks)) real = realpath(locks, NULL);
  char *path = full_path(target);
  if (real == NULL || path[0] != '/') return UNCLEAR_PLACE;
  if (is_world_writable(real) && (real = own_directory(real, place)) == NULL) return NO_PLACE;
  place->directory = real;
  place->base = joined(real, "/", as_name(relative(directory_of(real), path)), NULL);
  place->agreed = STRATEGY_AUTO;
  return FOUND_PLACE;
}

/** The next directory above that names a directory of locks for what is below it. Other file systems are not looked at. */
static char *locks_above(const char *directory, struct stat below) {
  struct stat above;
  struct agreement agreement;
  char *up = joined(directory, "/..", NULL);
  for (int level = 0; level < MOST_LEVELS; level++, up = joined(up, "/..", NULL)) {
    if (stat(up, &above) != 0 || above.st_dev != below.st_dev || above.st_ino == below.st_ino) return NULL;
    if (read_agreement(up, &agreement) == AGREED && agreement.locks != NULL) return agreement.locks;
    below = above;
  }
  return NULL;
}

enum lock_place_found find_lock_place(const char *target, const char *directory, bool chosen,
                                      struct lock_place *place) {
  *place = (struct lock_place){.base = target, .directory = directory, .agreed = STRATEGY_AUTO};
  const char *wanted = getenv("CT_LOCK_DIR");
  if (wanted != NULL && wanted[0] != '\0') {
    return wanted[0] == '/' ? in_directory(wanted, target, place) : UNCLEAR_PLACE;
  }
  struct agreement agreement;
  enum agreement_reading reading = read_agreement(directory, &agreement);
  if (reading == UNREADABLE && !chosen) return UNCLEAR_PLACE;
  if (reading == UNREADABLE) return FOUND_PLACE;
  struct stat found;
  bool there = stat(directory, &found) == 0;
  if (reading == NOTHING_AGREED && there) agreement.locks = locks_above(directory, found);
  if (agreement.locks != NULL) return in_directory(agreement.locks, target, place);
  if (there && may_be_written_by_all(&found)) {
    if ((place->directory = own_directory(directory, place)) == NULL) return NO_PLACE;
    place->base = joined(place->directory, "/", as_name(name_of(target)), NULL);
    return FOUND_PLACE;
  }
  place->agreed = agreement.strategy;
  return FOUND_PLACE;
}
