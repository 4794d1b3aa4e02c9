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

/** In whole seconds, or in the two largest units of which it has some, as src/text/duration.ts has it. */
static char *duration(long long ms) {
  static const struct {
    long seconds;
    const char *name;
  } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  enum { LAST = sizeof units / sizeof *units - 1 };
  long seconds = ms > 0 ? (long)((ms + 500) / 1000) : 0;
  if (seconds == 0) return text("0 s");
  size_t first = 0;
  while (seconds < units[first].seconds) first++;
  long smallest = units[first < LAST ? first + 1 : LAST].seconds;
  long rest = (seconds + smallest / 2) / smallest * smallest;
  char *parts = text("%s", "");
  for (size_t at = 0; at <= LAST; at++) {
    long amount = rest / units[at].seconds;
    rest %= units[at].seconds;
    if (amount > 0) parts = text("%s%s%ld %s", parts, *parts == '\0' ? "" : " ", amount, units[at].name);
  }
  return parts;
}

/** Which process it is, and where. */
static const char *holder_text(const struct sighting *holder) {
  if (!holder->named) return SAYS_UNKNOWN_HOLDER;
  long pid = holder->owner.pid;
  return holder->owner.host[0] == '\0' ? text(SAYS_PID, pid) : text(SAYS_PID_ON, pid, holder->owner.host);
}

static const char *state_of(const struct sighting *holder, const struct judgement *judgement) {
  char *held = holder->made_ms == 0 ? NULL : duration(wall_ms() - holder->made_ms);
  if (judgement->fate == ALIVE && strcmp(judgement->why, SAYS_PROCESS_RUNS) == 0)
    return held == NULL ? SAYS_RUNNING : text(SAYS_RUNNING_FOR, held);
  char *state = text(SAYS_STATE_OF, fate_name(judgement->fate), judgement->why);
  return held == NULL ? state : text(SAYS_ACQUIRED_AGO, state, held);
}

char *explain_waiting(const struct lock *lock, const struct sighting *holder, long long waited_ms, bool overdue) {
  struct judgement judgement = {0};
  if (!holder->free) judgement = judge_lock(lock, holder);
  const char *by = holder->free ? SAYS_FREE_AGAIN
                                : text(SAYS_HELD_BY, holder_text(holder), state_of(holder, &judgement));
  // A lock in a directory of locks, or with a short name, does not stand beside its target.
  const char *place = begins(lock->path, lock->target) ? "" : text(SAYS_PLACE_OF_LOCK, shown(full_path(lock->path)));
  char *message = text(SAYS_WAITING, shown(full_path(lock->target)), place, by, duration(waited_ms));
  // A dead owner's lock that is still there could not be removed from here: that, too, takes a person.
  if (holder->free || !overdue || judgement.fate == ALIVE) return message;
  const char *look = holder->named ? text(SAYS_LOOK_AT_PROCESS, holder_text(holder)) : "";
  return text(SAYS_OVERDUE, message, look, text(SAYS_REMOVAL, shell_word(full_path(lock->path))));
}
