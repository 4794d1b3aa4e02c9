#include "holder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "moment.h"
#include "path.h"
#include "report.h"
#include "shown.h"
#include "tables/messages.h"
#include "words.h"

static long rounded_seconds(long long ms) { return ms > 0 ? (long)((ms + 500) / 1000) : 0; }

static const char *fate_name(enum fate fate) {
  switch (fate) {
    case ALIVE:
      return "alive";
    case DEAD:
      return "dead";
    default:
      return "unknown";
  }
}

/** Which process it is, and where. */
static char *process_of_owner(const struct owner *owner) {
  long pid = owner->pid;
  return owner->host[0] == '\0' ? text(SAYS_PROCESS, pid) : text(SAYS_PROCESS_ON, pid, owner->host);
}

static char *describe(const struct sighting *holder, const struct judgement *judgement) {
  const char *who = holder->named ? text(SAYS_HELD_BY_PROCESS, process_of_owner(&holder->owner)) : SAYS_HELD_BY_UNKNOWN;
  const char *since = holder->made_ms == 0
                          ? ""
                          : text(SAYS_SINCE, iso_moment(holder->made_ms), rounded_seconds(wall_ms() - holder->made_ms));
  return text(SAYS_HELD_BY, who, since, fate_name(judgement->fate), judgement->why);
}

char *explain_waiting(const struct lock *lock, const struct sighting *holder, long long waited_ms, bool overdue) {
  char *path = full_path(lock->path);
  // One in a directory of locks, or with a short name, does not say what it is the lock of.
  const char *of = begins(lock->path, lock->target) ? "" : text(SAYS_LOCK_OF, shown(full_path(lock->target)));
  struct judgement judgement = {0};
  if (!holder->free) judgement = judge_lock(lock, holder);
  const char *by = holder->free ? SAYS_FREE_AGAIN : describe(holder, &judgement);
  char *message = text(SAYS_WAITING, shown(path), of, rounded_seconds(waited_ms), by);
  // A dead owner's lock that is still there could not be removed from here: that, too, takes a person.
  if (holder->free || !overdue || judgement.fate == ALIVE) return message;
  const char *look = holder->named ? text(SAYS_LOOK_AT_PROCESS, process_of_owner(&holder->owner)) : "";
  return text(SAYS_OVERDUE, message, look, text(SAYS_REMOVAL, shell_word(path)));
}
