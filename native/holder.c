#include "holder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"
#include "report.h"
#include "shown.h"
#include "words.h"

static long long rounded_seconds(long long ms) { return ms > 0 ? (ms + 500) / 1000 : 0; }

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

/** Its pid, and where that is. */
static char *process_of_owner(const struct owner *owner) {
  const char *on = owner->host[0] == '\0' ? "" : " on ";
  return text("%ld%s%s", (long)owner->pid, on, owner->host);
}

static char *describe(const struct sighting *holder, const struct judgement *judgement) {
  char *who = holder->named ? text("held by process %s", process_of_owner(&holder->owner)) : text("held by an unknown process");
  char *since = holder->made_ms == 0 ? text("%s", "")
                                     : text(" since %s (%lld s)", iso_moment(holder->made_ms),
                                            rounded_seconds(wall_ms() - holder->made_ms));
  return text("%s%s, %s: %s", who, since, fate_name(judgement->fate), judgement->why);
}

char *explain_waiting(const struct lock *lock, const struct sighting *holder, long long waited_ms, bool overdue) {
  char *path = full_path(lock->path);
  // One in a directory of locks, or with a short name, does not say what it is the lock of.
  char *of = begins(lock->path, lock->target) ? text("%s", "") : text(", the lock of %s,", shown(full_path(lock->target)));
  char *waiting = text("waiting for %s%s for %lld s", shown(path), of, rounded_seconds(waited_ms));
  if (holder->free) return text("%s: free again by now", waiting);
  struct judgement judgement = judge_lock(lock, holder);
  char *message = text("%s: %s", waiting, describe(holder, &judgement));
  // A dead owner's lock that is still there could not be removed from here: that, too, takes a person.
  if (!overdue || judgement.fate == ALIVE) return message;
  char *check = holder->named ? text(" Look at process %s;", process_of_owner(&holder->owner)) : "";
  return text("%s. OVERDUE.%s if it is gone, remove the lock: rm -rf %s", message, check, shell_word(path));
}
