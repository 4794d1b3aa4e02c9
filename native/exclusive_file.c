#include "exclusive_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lock_name.h"
#include "report.h"
#include "sharing.h"

/**
 * The base file that older tools open beside the exclusive one. It protects nothing and is never removed: removing it
 * under a tool that has just opened it makes SMB builds fail.
 */
static bool ensure_base(const struct lock *lock) {
  char *path = path_beside(lock->base, strategy_traits[STRATEGY_FLOCK].ending);
  int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  // There, but not ours to write: that is not needed.
  bool good = fd >= 0 || (errno != ENOENT && errno != ELOOP);
  if (!good && errno == ENOENT) {
    // O_EXCL: the permissions of a file that is not ours, a hard link say, are none of our business.
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    good = fd >= 0 || errno == EEXIST;
    if (fd >= 0) share_descriptor(fd, lock->target, FILE_MODE);
  }
  int error = errno;
  if (fd >= 0) close(fd);
  free(path);
  errno = error;
  return good;
}

enum attempt try_exclusive_file(const struct lock *lock, struct held *held) {
  if (!ensure_base(lock)) return TROUBLE;
  return create_record(lock->record, lock->target, &held->identity, lock->local ? &held->fd : NULL);
}

/**
 * What we moved is not what we had: another process removed ours by force, and this is the lock of the next one. It goes back,
 * unless another process has made a new one meanwhile.
 */
static void put_back(const char *away, const char *path) {
  if (link(away, path) != 0) (void)renameat2(AT_FDCWD, away, AT_FDCWD, path, RENAME_NOREPLACE);
}

static bool remove_file(const char *away) { return unlink(away) == 0 || errno == ENOENT; }

enum release release_exclusive_file(const struct lock *lock, const struct held *held) {
  enum same same = compare_own(lock->record, lock->local, &held->identity);
  if (same != SAME_RECORD) return same == OTHER_RECORD ? LOST : NOT_RELEASED;
  // On SMB a removed file keeps its name until every process has closed it, so it gets another name first.
  char *away = move_away(lock->path);
  if (away == NULL) return errno == ENOENT || errno == ESTALE ? LOST : NOT_RELEASED;
  // It was ours a moment ago: one that cannot be read now, or seems empty, is no reason to put a dead lock back.
  bool ours = !names_another(away, &held->identity);
  if (!ours) put_back(away, lock->path);
  remove_moved_away(away, remove_file);
  free(away);
  return ours ? RELEASED : LOST;
}
