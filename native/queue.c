/* Who of this host asks next for a lock on a network file system; see src/locks/queue.ts. */
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filesystem.h"
#include "host_name.h"
#include "lock_name.h"
#include "moment.h"
#include "owner.h"
#include "report.h"
#include "signals.h"
#include "words.h"

/** No pid of Linux needs more bits (PID_MAX_LIMIT). */
enum { PID_BITS = 22 };
/** The places of a region: nobody gets one behind so many others that came while the queue was never empty. */
enum { PLACE_BITS = 14 };
static const off_t REGION_SIZE = (off_t)1 << (PLACE_BITS + PID_BITS);
/** Two locks with one region would queue together, which costs a wait. */
static const uint64_t REGIONS = UINT64_C(1) << (62 - PLACE_BITS - PID_BITS);
/** How often somebody else may take the place that we are about to take. */
enum { TRIES = 100 };
/** How often to see whether the first has been stopped. */
enum { LOOK_AT_FIRST_MS = 500 };
/**
 * A first who has not moved for so long may hang; mostly it waits for a long compile, as everybody does. So those behind ask then, but
 * ten times more rarely than usual: the first has ten chances before one of them.
 */
enum { PATIENCE_MS = 60 * 1000, RARELY = 10 };
/** The first pause; then they double. Shorter ones would give a newcomer more chances than the first of another host has. */
enum { FIRST_PAUSE_MS = 16 };
/** Who has waited for so long asks twice as often as the interval says, then ever more often, up to ten times. */
enum { HALF_AT_MS = 200, MOST_OFTEN = 10 };
/** From 20 s on ever more rarely again: a compile of minutes is not to be asked about a hundred times a second. */
enum { RARER_AFTER = 2000 };

/** A file of our own that others can neither replace nor lock, on a local file system. -1 where there is none to be had. */
static int open_turns(void) {
  char *path = text("/tmp/.ct-locks.%ld", (long)geteuid());
  struct filesystem filesystem;
  struct stat found;
  (void)!mkdir(path, 0700);
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return -1;
  int fd = -1;
  bool ours = fstat(directory, &found) == 0 && found.st_uid == geteuid() && (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (ours && filesystem_of(path, &filesystem) && filesystem.local) {
    fd = openat(directory, "turns", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  }
  close(directory);
  if (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid())) return fd;
  close(fd);
  return -1;
}

struct queue queue_of(const struct lock *lock) {
  struct queue queue = {.fd = -1};
  if (lock->local) return queue;
  queue.fd = open_turns();
  // Hosts of a laboratory, and containers, may share /tmp.
  uint64_t hash = hash_of(text("%s\n%s", host_name(), full_path(lock->path)));
  queue.region = (off_t)(hash % REGIONS) * REGION_SIZE;
  return queue;
}

/** Some place among those bytes; there may be one before it. 0 for none. */
static off_t some_place(const struct queue *queue, off_t from, off_t to) {
  if (from >= to) return 0;
  // Asked as a reader: readers, who wait below, are no places.
  struct flock range = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = to - from};
  if (fcntl(queue->fd, F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) return 0;
  return range.l_start;
}

static off_t last_place(const struct queue *queue) {
  off_t end = queue->region + REGION_SIZE, last = 0;
  for (off_t place = queue->region; (place = some_place(queue, place + 1, end)) != 0;) last = place;
  return last;
}

static off_t first_place(const struct queue *queue, off_t from) {
  off_t first = 0;
  for (off_t place = queue->place; (place = some_place(queue, from, place)) != 0;) first = place;
  return first;
}

/** Whether the process of a place has been stopped, by Ctrl-Z say. */
static bool is_stopped(const struct queue *queue, off_t place) {
  char state = state_of_process((pid_t)((place - queue->region) & ((1 << PID_BITS) - 1)));
  return state == 'T' || state == 't';
}

/** The first before us who can ask; 0 for none. */
static off_t first_at_work(const struct queue *queue) {
  off_t first = first_place(queue, queue->region + 1);
  while (first != 0 && is_stopped(queue, first)) first = first_place(queue, first + 1);
  return first;
}

bool has_waiters(const struct queue *queue) { return queue->fd >= 0 && last_place(queue) != 0; }

void join_queue(struct queue *queue) {
  if (queue->fd < 0 || queue->place != 0) return;
  for (int tries = 0; tries < TRIES; tries++) {
    off_t last = last_place(queue);
    off_t number = last == 0 ? 0 : ((last - queue->region) >> PID_BITS) + 1;
    off_t place = queue->region + (number << PID_BITS) + getpid();
    if (place >= queue->region + REGION_SIZE) break;
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    if (fcntl(queue->fd, F_OFD_SETLK, &byte) == 0) {
      queue->place = place;
      return;
    }
  }
  leave_queue(queue);
}

/** Once all before us are gone we keep the lock: nobody gets a place before ours any more. */
static int await_those_before(void *context) {
  const struct queue *queue = context;
  struct flock before = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = queue->region, .l_len = queue->place - queue->region};
  return fcntl(queue->fd, F_OFD_SETLKW, &before);
}

enum turn await_turn(struct queue *queue, long poll_ms, long ms) {
  if (queue->fd < 0) return FIRST;
  long long now_ms = steady_ms();
  off_t first = first_at_work(queue);
  if (first == 0) return FIRST;
  if (first != queue->first || queue->patient_until_ms == 0) queue->patient_until_ms = now_ms + PATIENCE_MS;
  queue->first = first;
  if (now_ms >= queue->patient_until_ms) {
    queue->patient_until_ms = now_ms + RARELY * poll_ms;
    return IMPATIENT;
  }
  if (interruptibly(await_those_before, queue, ms < LOOK_AT_FIRST_MS ? ms : LOOK_AT_FIRST_MS) == 0) return FIRST;
  if (errno == EINTR) return NOT_YET;
  leave_queue(queue); // no more locks to be had: without a place it is our turn
  return FIRST;
}

void leave_queue(struct queue *queue) {
  if (queue->fd >= 0) close(queue->fd);
  queue->fd = -1;
  queue->place = 0;
}

static long long least(long long one, long long other) { return one < other ? one : other; }
static long long most(long long one, long long other) { return one > other ? one : other; }

long pause_of_first(long long waited_ms, int attempts, long poll_ms) {
  long long by_age_ms = poll_ms * HALF_AT_MS / (HALF_AT_MS + waited_ms);
  long long often_ms = most(poll_ms / MOST_OFTEN, least(poll_ms, waited_ms / RARER_AFTER));
  long long pause_ms = most(most(by_age_ms, often_ms), 1);
  return (long)least(pause_ms, attempts < 20 ? (long long)FIRST_PAUSE_MS << attempts : pause_ms);
}
