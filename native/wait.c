#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "holder.h"
#include "kernel_lock.h"
#include "lock.h"
#include "moment.h"
#include "queue.h"
#include "report.h"
#include "signals.h"
#include "typescript.h"

/** When to see again whether the owner still lives: soon at first, then every second, because it costs ten attempts. */
enum { LOOK_AGAIN_MS = 50, LOOK_AT_LAST_MS = 1000 };
/** The longest pause between two looks at what a killed helper has left. */
enum { LINGER_MS = 250 };
/** The kernel gives a dead owner's lock back, but for what a daemon has inherited, which is worth a look now and then. */
enum { LOOK_AT_KERNEL_MS = 250, LOOK_AT_KERNEL_AT_LAST_MS = 4000 };
/** How long to rely on being woken by an owner, which is alive then; a person may remove the lock of one that hangs. */
enum { WAKEUP_MS = 1000 };
/** What TypeScript has called not dead, or could not remove, it is asked about again after this time, then ever later. */
enum { ASK_AGAIN_MS = 1000, ASK_AT_LAST_MS = 60 * 1000 };
/** How long others may have their turn to ask it; after that we do not wait for them. */
enum { TURN_MS = 10 * 1000 };

struct waiting {
  const struct lock *lock;
  const struct settings *settings;
  struct queue queue;
  bool is_first;
  /** Whether we were not the first at once. */
  bool has_slept;
  /** Whether the last attempt was just now. */
  bool has_asked;
  int attempts;
  long long began_ms;
  long pause_ms;
  long long warn_at_ms;
  long long look_at_ms;
  long look_again_ms;
  long long ask_at_ms;
  long ask_again_ms;
  long long turn_since_ms;
};

static long at_most(long long limit, long long value) { return (long)(value < limit ? value : limit); }

/** Who holds it, as far as a warning cares. */
static bool ask_for_holder(const struct waiting *waiting, struct sighting *holder) {
  pid_t told = waiting->lock->record == NULL && !waiting->is_first ? told_holder(&waiting->queue) : 0;
  if (told == 0) return look_at(waiting->lock, holder);
  *holder = sighting_of_kernel(told);
  return true;
}

/** Warns that we still wait, once it is time. */
static void warn_when_due(struct waiting *waiting, long long now_ms) {
  if (now_ms < waiting->warn_at_ms) return;
  waiting->warn_at_ms += waiting->settings->warn_ms;
  struct sighting holder;
  if (!ask_for_holder(waiting, &holder)) return;
  long long waited_ms = now_ms - waiting->began_ms;
  warn("%s", explain_waiting(waiting->lock, &holder, waited_ms, waited_ms >= waiting->settings->overdue_ms));
}

/** Whether TypeScript has removed the lock of an owner that seems to be dead. */
static bool settle_when_dead(struct waiting *waiting, const struct sighting *holder, long long now_ms) {
  if (holder->free || now_ms < waiting->ask_at_ms) return false;
  struct judgement judgement = judge_lock(waiting->lock, holder);
  // What a killed helper has left ends soon: the kernel has killed it, too.
  if (judgement.lingers)
    waiting->look_again_ms = at_most(waiting->lock->local ? LINGER_MS : LOOK_ACROSS_MS, waiting->look_again_ms);
  if (judgement.fate != DEAD) return false;
  if (waiting->turn_since_ms == 0) waiting->turn_since_ms = now_ms;
  enum settled settled = settle(waiting->lock, now_ms - waiting->turn_since_ms > TURN_MS);
  if (settled == ANOTHER_SETTLES) return false;
  waiting->turn_since_ms = 0;
  if (settled == SETTLED) {
    waiting->ask_again_ms = ASK_AGAIN_MS;
    return true;
  }
  waiting->ask_at_ms = steady_ms() + waiting->ask_again_ms;
  waiting->ask_again_ms = at_most(ASK_AT_LAST_MS, 2 * waiting->ask_again_ms);
  return false;
}

/** Looks at the owner once it is time, ever later up to `at_last_ms`. True when that decides the round. */
static bool look_when_due(struct waiting *waiting, struct held *held, long long now_ms, long at_last_ms,
                          enum attempt *attempt) {
  if (now_ms < waiting->look_at_ms) return false;
  struct sighting holder;
  if (!look_at(waiting->lock, &holder)) {
    *attempt = TROUBLE;
    return true;
  }
  if (waiting->lock->record == NULL && waiting->lock->local)
    tell_holder(&waiting->queue, holder.named ? holder.owner.pid : 0);
  if (settle_when_dead(waiting, &holder, now_ms)) {
    *attempt = try_lock(waiting->lock, held);
    return true;
  }
  waiting->look_at_ms = now_ms + waiting->look_again_ms;
  waiting->look_again_ms = at_most(at_last_ms, 2 * waiting->look_again_ms);
  return false;
}

static long first_look_ms(const struct lock *lock) {
  if (lock->record == NULL) return LOOK_AT_KERNEL_MS;
  return lock->local ? LOOK_AGAIN_MS : LOOK_ACROSS_MS;
}

/** Across a network a look at the owner keeps it from releasing, so each new first waits with it as if it had just come. */
static void look_later(struct waiting *waiting, long long now_ms) {
  waiting->look_again_ms = first_look_ms(waiting->lock);
  waiting->look_at_ms = now_ms + waiting->look_again_ms;
}

/** Whether it is our turn to ask; sleeps if not. */
static bool has_turn(struct waiting *waiting) {
  if (waiting->is_first) return true;
  long until_warning_ms = at_most(INT_MAX, waiting->warn_at_ms - steady_ms());
  enum turn turn = await_turn(&waiting->queue, waiting->settings->poll_ms, until_warning_ms);
  waiting->is_first = turn == FIRST;
  if (waiting->is_first && waiting->has_slept) look_later(waiting, steady_ms());
  waiting->has_slept = true;
  return turn == FIRST || (turn == IMPATIENT && !waiting->lock->local);
}

/**
 * One round of those who are not the first. On a local file system it costs next to nothing to see whether the first does what
 * it is there for: one that hangs, say because its warnings are not read, stops no other for long.
 */
static enum attempt wait_behind(const struct waiting *waiting, struct held *held) {
  const struct lock *lock = waiting->lock;
  if (!lock->local || stop_signal != 0) return TAKEN;
  // The kernel gives its own locks to the first at once.
  if (lock->record == NULL) return try_lock(lock, held);
  if (!may_be_free(lock)) return TAKEN;
  pause_ms(LEFT_LYING_MS);
  return may_be_free(lock) ? try_lock(lock, held) : TAKEN;
}

/** One round of a lock on a network file system that is taken. */
static enum attempt ask_server(struct waiting *waiting, struct held *held) {
  const struct lock *lock = waiting->lock;
  long long now_ms = steady_ms();
  long at_last_ms = lock->record == NULL ? LOOK_AT_KERNEL_AT_LAST_MS : LOOK_ACROSS_AT_LAST_MS;
  enum attempt attempt;
  if (look_when_due(waiting, held, now_ms, at_last_ms, &attempt)) return attempt;
  long next_ms = pause_of_first(now_ms - waiting->began_ms, waiting->attempts, waiting->settings->poll_ms);
  if (waiting->is_first && waiting->has_asked) {
    waiting->attempts++;
    pause_ms(next_ms);
  }
  waiting->has_asked = waiting->is_first;
  return try_lock(lock, held);
}

/** One round of a lock with a record on a local file system. */
static enum attempt wait_for_owner(struct waiting *waiting, struct held *held) {
  const struct lock *lock = waiting->lock;
  long long now_ms = steady_ms();
  enum attempt attempt;
  if (look_when_due(waiting, held, now_ms, LOOK_AT_LAST_MS, &attempt)) return attempt;
  long until_warning_ms = at_most(WAKEUP_MS, waiting->warn_at_ms - now_ms);
  if (!await_wakeup(lock->record, until_warning_ms)) {
    pause_ms(waiting->pause_ms);
    waiting->pause_ms = at_most(waiting->settings->poll_ms, 2 * waiting->pause_ms);
  }
  return may_be_free(lock) ? try_lock(lock, held) : TAKEN;
}

/** One round of a lock of this host's kernel. */
static enum attempt wait_for_kernel(struct waiting *waiting, struct held *held) {
  const struct lock *lock = waiting->lock;
  long long now_ms = steady_ms();
  enum attempt attempt;
  if (look_when_due(waiting, held, now_ms, LOOK_AT_KERNEL_AT_LAST_MS, &attempt)) return attempt;
  long left_ms = at_most(waiting->warn_at_ms - now_ms, waiting->look_at_ms - now_ms);
  return block_for_lock(lock, held, left_ms > 0 ? left_ms : 1);
}

static enum attempt wait_a_round(struct waiting *waiting, struct held *held) {
  if (!has_turn(waiting)) {
    waiting->has_asked = false;
    return wait_behind(waiting, held);
  }
  if (!waiting->lock->local) return ask_server(waiting, held);
  return waiting->lock->record == NULL ? wait_for_kernel(waiting, held) : wait_for_owner(waiting, held);
}

enum acquisition acquire(const struct lock *lock, const struct settings *settings, struct once *once, struct held *held,
                         struct wait *wait) {
  *wait = (struct wait){0};
  // On a local file system a lock that is free costs no look at the queue: a process comes in between once.
  struct queue queue = lock->local ? (struct queue){.fd = -1} : queue_of(lock);
  bool queues = has_waiters(&queue);
  enum attempt attempt = queues ? TAKEN : try_lock(lock, held);
  if (attempt != TAKEN) {
    leave_queue(&queue);
    return attempt == ACQUIRED ? GOT_IT : GOT_TROUBLE;
  }

  if (lock->local) queue = queue_of(lock);
  join_queue(&queue);
  struct waiting waiting = {
      .lock = lock,
      .settings = settings,
      .queue = queue,
      .has_asked = !queues,
      .began_ms = steady_ms(),
      .pause_ms = at_most(settings->poll_ms, FIRST_PAUSE_MS),
      .look_again_ms = LOOK_AGAIN_MS,
      .ask_again_ms = ASK_AGAIN_MS,
  };
  waiting.warn_at_ms = waiting.began_ms + settings->warn_ms;
  if (!lock->local || lock->record == NULL) look_later(&waiting, waiting.began_ms);
  wait->waited = true;
  want_once(once);
  if (settings->log != NULL && !look_at(lock, &wait->first_holder))
    wait->first_holder = (struct sighting){.free = true};
  while (attempt == TAKEN) {
    if (stop_signal != 0) return STOPPED;
    warn_when_due(&waiting, steady_ms());
    attempt = wait_a_round(&waiting, held);
  }
  leave_queue(&waiting.queue);
  wait->waited_ms = steady_ms() - waiting.began_ms;
  return attempt == ACQUIRED ? GOT_IT : GOT_TROUBLE;
}
