#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "lock_state.h"

/**
 * The queue of those of this user on this host who wait for one lock. Only its first looks at the lock, however many wait: when
 * it is released one is woken and not all; the one who has waited longest is not overtaken by one who asks more often; and a
 * file server is asked by each host and not by each waiter.
 *
 *     struct queue queue = queue_of(&lock);
 *     if (!has_waiters(&queue)) attempt to take the lock; else, and when that fails:
 *     join_queue(&queue);
 *     await_turn(&queue, ...) until it says FIRST or IMPATIENT, then attempt
 *     leave_queue(&queue) once the lock is ours
 *
 * A place in it is a lock of the kernel on one byte of a file of the user's own, `/tmp/.ct-locks.UID/turns`: nothing is left behind,
 * and a process that dies leaves the queue. Each sleeps until the one before it leaves. The byte says which process it is, so that no process
 * waits for one that was stopped. It is advice only. Exclusion is up to the lock itself, and a process that does not queue (an older helper,
 * another user, another host, one who can have no such file) just asks. See src/locks/queue.ts.
 */
struct queue {
  /** -1 for none: then it is always our turn. */
  int fd;
  /** The first byte of the lock's region: first those that say who holds the lock, one for each process, then those of place 1, and so on. */
  off_t region;
  /** Our place; 0 for none. */
  off_t place;
  /** Whom we sleep behind. */
  off_t ahead;
  /** Which was the first before us when we looked last, and when we lose patience with it, in the time of steady_ms. */
  off_t first;
  long long patient_until_ms;
  /** Whom we have told as the holder. */
  pid_t holder;
};

/** The queue of a lock. */
struct queue queue_of(const struct lock *lock);

bool has_waiters(const struct queue *queue);

/** Takes a place behind all others. Harmless when we have one. */
void join_queue(struct queue *queue);

/** IMPATIENT: the first has not moved for so long that it may hang; who waits behind it asks now and then. */
enum turn { NOT_YET, IMPATIENT, FIRST };

/** Sleeps until it is our turn, at most so many milliseconds; ends early when a signal comes. */
enum turn await_turn(struct queue *queue, long poll_ms, long ms);

/** The first tells those behind it which process of this host holds the lock, because to find out may mean to read a line for each. */
void tell_holder(struct queue *queue, pid_t holder);

/** 0 where it is unknown. */
pid_t told_holder(const struct queue *queue);

/** Lets the next one ask. */
void leave_queue(struct queue *queue);

/** How long the first in the queue pauses after an attempt. */
long pause_of_first(long long waited_ms, int attempts, long poll_ms);
