#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "words.h"

enum { FIRST_CAPACITY = 256 };

/** The hash of a name without regard to case, as some file systems compare names; 0 for one that has more than ASCII. */
static uint64_t hash_of(const char *name, size_t length) {
  uint64_t hash = 14695981039346656037u; // FNV-1a
  for (size_t at = 0; at < length; at++) {
    unsigned char byte = (unsigned char)name[at];
    if (byte >= 0x80) return 0;
    if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
    hash = (hash ^ byte) * 1099511628211u;
  }
  return hash == 0 ? 1 : hash;
}

/** Where a hash stands, or the empty place that it would have. */
static uint64_t *place_of(const struct listing *listing, uint64_t hash) {
  size_t at = hash & (listing->capacity - 1);
  while (listing->hashes[at] != 0 && listing->hashes[at] != hash) at = (at + 1) & (listing->capacity - 1);
  return &listing->hashes[at];
}

static void set_capacity(struct listing *listing, size_t capacity) {
  struct listing larger = {allocate(capacity * sizeof *larger.hashes), listing->count, capacity};
  memset(larger.hashes, 0, capacity * sizeof *larger.hashes);
  for (size_t at = 0; at < listing->capacity; at++) {
    if (listing->hashes[at] != 0) *place_of(&larger, listing->hashes[at]) = listing->hashes[at];
  }
  *listing = larger;
}

static void add_hash(struct listing *listing, uint64_t hash) {
  if (2 * listing->count >= listing->capacity) set_capacity(listing, 2 * listing->capacity);
  *place_of(listing, hash) = hash;
  listing->count++;
}

/** Whether an open directory may be searched by us and has not changed since a moment. */
static bool is_as_it_was(int directory, file_moment changed) {
  struct stat found;
  return fstat(directory, &found) == 0 && nanoseconds(found.st_ctim) == changed &&
         faccessat(directory, ".", X_OK, AT_EACCESS) == 0;
}

static bool read_names(DIR *directory, struct listing *listing) {
  set_capacity(listing, FIRST_CAPACITY);
  for (struct dirent *entry; errno = 0, (entry = readdir(directory)) != NULL;) {
    uint64_t hash = hash_of(entry->d_name, strlen(entry->d_name));
    if (hash == 0) return false;
    add_hash(listing, hash);
  }
  return errno == 0;
}

bool read_listing(const char *path, file_moment changed, struct listing *listing) {
  *listing = (struct listing){0};
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (directory == NULL) {
    if (fd >= 0) close(fd);
    return false;
  }
  bool whole = is_as_it_was(fd, changed) && read_names(directory, listing) && is_as_it_was(fd, changed);
  closedir(directory);
  return whole;
}

bool is_unlisted(const struct listing *listing, const char *name, size_t length) {
  uint64_t hash = hash_of(name, length);
  return hash != 0 && *place_of(listing, hash) == 0;
}
