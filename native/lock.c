#include "lock.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock_name.h"
#include "moment.h"
#include "report.h"
#include "signals.h"
#include "words.h"

/** mkdir and the name inside follow each other at once; a directory that stays nameless this long was abandoned. */
enum { NAMELESS_DIRECTORY_MS = 5000 };
/** For how long a client may answer from its cache that a file which it has made itself is not there, and how often to ask again. */
enum { CACHED_MS = 1500, ASK_AGAIN_MS = 50 };

struct lock lock_of(const char *target, const char *base, enum strategy strategy, bool local, long overdue_ms) {
  struct lock lock = {.strategy = strategy, .target = target, .base = base, .local = local};
  lock.ownerless_ms = lock.overdue_ms = overdue_ms;
  switch (strategy) {
    case STRATEGY_LOCKDIR:
      lock.path = path_beside(base, ".lockdir");
      lock.record = text("%s/pid", lock.path);
      lock.ownerless_ms = NAMELESS_DIRECTORY_MS;
      break;
    case STRATEGY_CIFS:
      // Older tools leave the file empty while they compile, so its age has to be one that no compile reaches.
      lock.path = lock.record = path_beside(base, ".lock.excl");
      break;
    default:
      lock.path = path_beside(base, ".lock");
  }
  return lock;
}

enum attempt try_lock(const struct lock *lock, struct held *held) {
  held->fd = -1;
  switch (lock->strategy) {
    case STRATEGY_LOCKDIR:
      return try_lockdir(lock, held);
    case STRATEGY_CIFS:
      return try_exclusive_file(lock, held);
    default:
      return try_kernel_lock(lock, held);
  }
}

enum release release_lock(const struct lock *lock, const struct held *held) {
  if (lock->record == NULL) return release_kernel_lock(lock->strategy, held);
  bool is_directory = lock->strategy == STRATEGY_LOCKDIR;
  enum release release = is_directory ? release_lockdir(lock, held) : release_exclusive_file(lock, held);
  // The bell comes last: who is woken by it has to find the lock free.
  int error = errno;
  if (held->fd >= 0) close(held->fd);
  errno = error;
  return release;
}

enum same compare_own(const struct lock *lock, const struct identity *identity) {
  long long until_ms = steady_ms() + CACHED_MS;
  for (;;) {
    enum same same = compare_record(lock->record, identity);
    if (same == SAME_RECORD || lock->local || steady_ms() >= until_ms) return same;
    if (names_another(lock->record, identity)) return OTHER_RECORD;
    pause_ms(ASK_AGAIN_MS);
  }
}

bool look_at(const struct lock *lock, struct sighting *sighting) {
  struct identity identity;
  switch (lock->strategy) {
    case STRATEGY_LOCKDIR:
      return look_at_lockdir(lock, sighting);
    case STRATEGY_CIFS:
      return read_record(lock->record, sighting, &identity);
    default:
      return look_at_kernel_lock(lock, sighting);
  }
}

struct judgement judge_lock(const struct lock *lock, const struct sighting *sighting) {
  if (lock->record == NULL) return judge_kernel_lock(sighting);
  struct circumstances circumstances = {lock->ownerless_ms, lock->overdue_ms, lock->local};
  return judge(sighting, &circumstances);
}

bool may_be_free(const struct lock *lock) {
  struct stat found;
  // On a network file system a cached answer may be old, and a fresh one costs as much as the attempt.
  return !lock->local || lock->record == NULL || lstat(lock->path, &found) != 0;
}

char *directory_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL) return text(".");
  return slash == path ? text("/") : text("%.*s", (int)(slash - path), path);
}

char *full_path(const char *path) {
  char *directory = directory_of(path);
  char *real = realpath(directory, NULL);
  free(directory);
  if (real == NULL) return text("%s", path);
  char *full = text("%s/%s", strcmp(real, "/") == 0 ? "" : real, name_of(path));
  free(real);
  return full;
}
