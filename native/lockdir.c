#include "lockdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moment.h"
#include "report.h"
#include "sharing.h"

static bool is_gone(int error) { return error == ENOENT || error == ESTALE; }

enum attempt try_lockdir(const struct lock *lock, struct held *held) {
  // EEXIST may be a lie about our own directory, made by a request that NFS sent twice. It has no name then, is
  // abandoned after a while and removed; waiting is right, taking it over would not be.
  if (mkdir(lock->path, DIRECTORY_MODE) != 0) return errno == EEXIST ? TAKEN : TROUBLE;
  share_directory(lock->path, lock->target);
  enum attempt attempt = create_record(lock->record, lock->target, &held->identity, lock->local ? &held->fd : NULL);
  if (attempt != TROUBLE) return attempt;
  // ENOENT, ESTALE: we slept so long that another process removed our nameless directory. The lock is not acquired.
  if (is_gone(errno)) return TAKEN;
  int error = errno;
  rmdir(lock->path);
  errno = error;
  return TROUBLE;
}

/** The directory comes first: through a symbolic link in its place we would read, and judge, a file of elsewhere. */
bool look_at_lockdir(const struct lock *lock, struct sighting *sighting) {
  struct stat found;
  struct identity identity;
  *sighting = (struct sighting){.free = true};
  if (lstat(lock->path, &found) != 0) return is_gone(errno);
  if (!S_ISDIR(found.st_mode)) {
    errno = S_ISLNK(found.st_mode) ? ELOOP : ENOTDIR;
    return false;
  }
  if (!read_record(lock->record, sighting, &identity)) return false;
  if (sighting->free) *sighting = (struct sighting){.made_ms = stamp_ms(found.st_mtim)};
  return true;
}

/**
 * Nothing depends on it any more. The entries are named by way of a descriptor that follows no link: in a shared directory
 * another user may put one there, to have us empty a directory of ours.
 */
static bool remove_directory(const char *away) {
  int fd = open(away, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *entries = fd < 0 ? NULL : fdopendir(fd);
  if (entries == NULL) {
    if (fd >= 0) close(fd);
    return true; // gone, or nothing that we could remove
  }
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) unlinkat(fd, entry->d_name, 0);
  }
  closedir(entries);
  return rmdir(away) == 0;
}

/** A directory without a name that rmdir(2) does not remove: on NFS, because a process has its removed pid file open. False, with
 * errno, when it stays; then only a person can remove it. */
static bool move_out_of_the_way(const struct lock *lock) {
  char *away = move_away(lock->path);
  if (away == NULL) return is_gone(errno);
  struct stat found;
  char *record = text("%s/" RECORD_NAME, away);
  // It has got the name of a process that has slept since its mkdir(2): it goes back, unless there is a new one.
  bool named = lstat(record, &found) == 0;
  if (!named || rename(away, lock->path) != 0) remove_moved_away(away, remove_directory);
  free(record);
  free(away);
  return true;
}

enum release release_lockdir(const struct lock *lock, const struct held *held) {
  enum same same = compare_own(lock->record, lock->local, &held->identity);
  if (same != SAME_RECORD) return same == OTHER_RECORD ? LOST : NOT_RELEASED;
  if (unlink(lock->record) != 0 && !is_gone(errno)) return NOT_RELEASED; // gone: NFS sent the request twice
  if (rmdir(lock->path) == 0) return RELEASED;
  struct sighting sighting;
  struct identity identity;
  if (read_record(lock->record, &sighting, &identity) && sighting.free && !move_out_of_the_way(lock))
    return NOT_RELEASED;
  return RELEASED;
}
