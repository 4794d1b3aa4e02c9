#include "lock.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exclusive_file.h"
#include "kernel_lock.h"
#include "lock_name.h"
#include "lockdir.h"
#include "moment.h"
#include "report.h"
#include "signals.h"
#include "words.h"

struct lock lock_of(const char *target, const char *base, enum strategy strategy, bool local, long overdue_ms) {
  struct lock lock = {.strategy = strategy, .target = target, .base = base, .local = local};
  lock.ownerless_ms = lock.overdue_ms = overdue_ms;
  lock.path = path_beside(base, strategy_traits[strategy].ending);
  switch (strategy) {
    case STRATEGY_LOCKDIR:
      lock.record = text("%s/" RECORD_NAME, lock.path);
      lock.ownerless_ms = NAMELESS_DIRECTORY_MS;
      break;
    case STRATEGY_CIFS:
      // Older tools leave the file empty while they compile, so its age has to be one that no compile reaches.
      lock.record = lock.path;
      break;
    default:
      break;
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
  // Waking comes last: a woken process has to find the lock free.
  int error = errno;
  if (held->fd >= 0) close(held->fd);
  errno = error;
  return release;
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
