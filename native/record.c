#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "moment.h"
#include "product.h"
#include "report.h"
#include "sharing.h"
#include "signals.h"
#include "tables/messages.h"
#include "words.h"

/**
 * Whether we were stopped (SIGSTOP, a suspended machine) for so long before our name was written that others may have
 * called the lock abandoned. They do not before some seconds, so the usual case need not look.
 */
static bool took_long(long long began_ms) { return llabs(wall_ms() - began_ms) > 1000; }

/** A waiter that looks at the wake-up lock just now may be in the way for an instant. */
static bool hold_wakeup(int fd) {
  for (int tries = 0; tries < 3; tries++) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    sched_yield();
  }
  return false;
}

enum attempt create_record(const char *path, const char *target, struct identity *identity, int *wakeup) {
  long long began_ms = wall_ms();
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (fd < 0) return errno == EEXIST ? TAKEN : TROUBLE;
  if (wakeup != NULL) *wakeup = hold_wakeup(fd) ? fd : -1;
  const char *record = own_record();
  size_t length = strlen(record);
  struct stat made;
  ssize_t written = write(fd, record, length);
  if (written >= 0 && written < (ssize_t)length) errno = ENOSPC;
  bool good = written == (ssize_t)length && fstat(fd, &made) == 0;
  if (good) share_descriptor(fd, target, FILE_MODE);
  int error = errno;
  // NFS writes the name to the server here, and says here that the disk is full.
  bool stays_open = good && wakeup != NULL && *wakeup >= 0;
  if (!stays_open && close(fd) != 0 && good) {
    error = errno;
    good = false;
  }
  if (!good) {
    if (wakeup != NULL) *wakeup = -1;
    unlink(path);
    errno = error;
    return TROUBLE;
  }
  identity->inode = made.st_ino;
  snprintf(identity->record, sizeof identity->record, "%s", record);
  if (!took_long(began_ms) || is_still(path, identity)) return ACQUIRED;
  if (stays_open) {
    close(fd);
    *wakeup = -1;
  }
  return TAKEN;
}

/** Not written yet, or lost in a power cut, which may leave an empty file or one of NUL bytes. */
static bool is_blank(const char *bytes, ssize_t length) {
  for (ssize_t index = 0; index < length; index++) {
    if (strchr(" \t\r\n\v\f", bytes[index]) == NULL) return false; // finds NUL, too
  }
  return true;
}

/** Another user's, in the instant before it gets its permissions, or made by a tool that gives it none. */
static bool unreadable(const char *path, struct sighting *sighting) {
  struct stat found;
  *sighting = (struct sighting){
      .obscure = SAYS_UNREADABLE_RECORD,
      .made_ms = lstat(path, &found) == 0 ? stamp_ms(found.st_mtim) : wall_ms(),
  };
  return true;
}

bool read_record(const char *path, struct sighting *sighting, struct identity *identity) {
  *identity = (struct identity){0};
  *sighting = (struct sighting){.free = true};
  // O_NONBLOCK: a FIFO put in its place must not hang us.
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    if (errno == EACCES) return unreadable(path, sighting);
    // ESTALE: the server knows the file no more. ENOTDIR: the lock directory was replaced by something else.
    return errno == ENOENT || errno == ESTALE || errno == ENOTDIR;
  }
  struct stat found;
  char record[LONGEST_RECORD] = "";
  ssize_t length = -1;
  if (fstat(fd, &found) == 0) {
    if (S_ISREG(found.st_mode)) length = read(fd, record, sizeof record - 1);
    else errno = EINVAL;
  }
  int error = errno;
  close(fd);
  errno = error;
  if (length < 0) return error == ESTALE;
  record[length] = '\0';
  identity->inode = found.st_ino;
  memcpy(identity->record, record, sizeof record);
  *sighting = (struct sighting){.made_ms = stamp_ms(found.st_mtim)};
  // A NUL byte ends the record for parse_owner, but not for an owner record.
  sighting->named = strlen(record) == (size_t)length && parse_owner(record, &sighting->owner);
  if (!sighting->named && !is_blank(record, length)) sighting->obscure = SAYS_SENSELESS_RECORD;
  return true;
}

enum same compare_record(const char *path, const struct identity *identity) {
  struct sighting sighting;
  struct identity present;
  // What has no place there is not ours; any other error says nothing of it.
  if (!read_record(path, &sighting, &present)) return errno == ELOOP || errno == EINVAL ? OTHER_RECORD : UNKNOWN_RECORD;
  bool same = !sighting.free && present.inode == identity->inode && strcmp(present.record, identity->record) == 0;
  return same ? SAME_RECORD : OTHER_RECORD;
}

bool names_another(const char *path, const struct identity *identity) {
  struct sighting sighting;
  struct identity present;
  return read_record(path, &sighting, &present) && sighting.named && strcmp(present.record, identity->record) != 0;
}

bool is_still(const char *path, const struct identity *identity) {
  return compare_record(path, identity) == SAME_RECORD;
}

static int wait_for_wakeup(void *context) { return flock(*(int *)context, LOCK_SH); }

bool await_wakeup(const char *path, long ms) {
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  bool has_wakeup = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (has_wakeup) interruptibly(wait_for_wakeup, &fd, ms);
  close(fd);
  return has_wakeup;
}

/** The longest of the pauses, each of them four times the one before: a third of a second together. */
enum { LAST_PAUSE_MS = 256 };

void remove_moved_away(const char *away, bool (*attempt)(const char *away)) {
  for (long ms = 1; !attempt(away) && ms <= LAST_PAUSE_MS; ms *= 4) pause_ms(ms);
}

char *move_away(const char *path) {
  char *away = text("%s.%s.tmp", path, unique_name());
  if (rename(path, away) == 0) return away;
  if (errno == ENAMETOOLONG) {
    free(away);
    away = text("%.*s.%s.tmp", (int)(name_of(path) - path), path, unique_name());
    if (rename(path, away) == 0) return away;
  }
  int error = errno;
  free(away);
  errno = error;
  return NULL;
}

enum same compare_own(const char *path, bool local, const struct identity *identity) {
  long long until_ms = steady_ms() + CACHED_MS;
  for (;;) {
    enum same same = compare_record(path, identity);
    if (same == SAME_RECORD || local || steady_ms() >= until_ms) return same;
    if (names_another(path, identity)) return OTHER_RECORD;
    pause_ms(CACHED_AGAIN_MS);
  }
}
