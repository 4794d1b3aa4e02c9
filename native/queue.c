/* Who of this host gets a lock next; see src/locks/queue.ts. */
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
#include "path.h"
#include "report.h"
#include "signals.h"
#include "words.h"

static const off_t REGION_SIZE = (off_t)1 << (PLACE_BITS + PID_BITS);
static const off_t PLACE_SIZE = (off_t)1 << PID_BITS;
/** Two locks with one region would queue together, which costs a wait. */
static const uint64_t REGIONS = UINT64_C(1) << (OFFSET_BITS - PLACE_BITS - PID_BITS);
/** How rarely those far behind look whether the first has been stopped: all together cost little more than the second alone. */
enum { MOST_RARELY_MS = 30 * 1000 };

static long long least(long long one, long long other) { return one < other ? one : other; }
static long long most(long long one, long long other) { return one > other ? one : other; }

/** A file of our own that others can neither replace nor lock, on a local file system. -1 where there is none. */
static int open_turns(void) {
  char *path = text(TURNS_PLACE "/" OWN_DIRECTORY "%ld", (long)geteuid());
  struct filesystem filesystem;
  struct stat found;
  (void)!mkdir(path, 0700);
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return -1;
  int fd = -1;
  bool ours = fstat(directory, &found) == 0 && found.st_uid == geteuid() && (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (ours && filesystem_of(path, &filesystem) && filesystem.local) {
    fd = openat(directory, TURNS_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  }
  close(directory);
  if (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid())) return fd;
  close(fd);
  return -1;
}

struct queue queue_of(const struct lock *lock) {
  struct queue queue = {.fd = open_turns()};
  // Hosts of a laboratory, and containers, may share /tmp.
  uint64_t hash = hash_of(text("%s\n%s", host_name(), full_path(lock->path)));
  queue.region = (off_t)(hash % REGIONS) * REGION_SIZE;
  return queue;
}

static off_t first_byte(const struct queue *queue) { return queue->region + PLACE_SIZE; }
static off_t end_of(const struct queue *queue) { return queue->region + REGION_SIZE; }

static int lock_bytes(const struct queue *queue, int command, short type, off_t from, off_t length) {
  struct flock bytes = {.l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = length};
  return fcntl(queue->fd, command, &bytes);
}

/** Some place among those bytes; there may be one before it. 0 for none. */
static off_t some_place(const struct queue *queue, off_t from, off_t to) {
  if (from >= to) return 0;
  // Asked as a reader: readers, who wait below, are no places.
  struct flock range = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = to - from};
  if (fcntl(queue->fd, F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) return 0;
  return range.l_start;
}

/** Places are taken in their order, mostly without gaps: steps that double, then halve, lead to the last of many in few calls. */
static off_t last_place(const struct queue *queue, off_t to) {
  off_t last = some_place(queue, first_byte(queue), to), found;
  bool doubles = true;
  for (off_t step = PLACE_SIZE; last != 0 && step >= PLACE_SIZE; step = doubles ? 2 * step : step / 2) {
    off_t of_its_number = (last - queue->region) & (PLACE_SIZE - 1);
    found = some_place(queue, last - of_its_number + step, to);
    if (found != 0) last = found;
    else doubles = false;
  }
  while (last != 0 && (found = some_place(queue, last + 1, to)) != 0) last = found;
  return last;
}

/** The kernel tells of the one who came first first, mostly. */
static off_t first_place(const struct queue *queue, off_t from) {
  off_t first = 0;
  for (off_t place = queue->place; (place = some_place(queue, from, place)) != 0;) first = place;
  return first;
}

static pid_t process_at(const struct queue *queue, off_t byte) {
  return (pid_t)((byte - queue->region) & (PLACE_SIZE - 1));
}

/** Whether the process of a place has been stopped, by Ctrl-Z say. */
static bool is_stopped(const struct queue *queue, off_t place) {
  char state = state_of_process(process_at(queue, place));
  return state == 'T' || state == 't';
}

/** The first before us who can ask; 0 for none. */
static off_t first_at_work(const struct queue *queue) {
  off_t first = queue->first;
  // Mostly the same as before: to look for another one means to look at all.
  if (first == 0 || some_place(queue, first, first + 1) == 0) first = first_place(queue, first_byte(queue));
  while (first != 0 && is_stopped(queue, first)) first = first_place(queue, first + 1);
  return first;
}

/** The last before us who can ask; 0 for none. */
static off_t last_at_work(const struct queue *queue) {
  off_t last = last_place(queue, queue->place);
  while (last != 0 && is_stopped(queue, last)) last = last_place(queue, last);
  return last;
}

bool has_waiters(const struct queue *queue) {
  return queue->fd >= 0 && some_place(queue, first_byte(queue), end_of(queue)) != 0;
}

void join_queue(struct queue *queue) {
  if (queue->fd < 0 || queue->place != 0) return;
  for (int tries = 0; tries < PLACE_TRIES; tries++) {
    off_t last = last_place(queue, end_of(queue));
    off_t number = last == 0 ? 1 : ((last - queue->region) >> PID_BITS) + 1;
    off_t place = queue->region + (number << PID_BITS) + getpid();
    if (place >= end_of(queue)) break;
    if (lock_bytes(queue, F_OFD_SETLK, F_WRLCK, place, 1) == 0) {
      queue->place = place;
      return;
    }
  }
  leave_queue(queue);
}

/** Once all before us are gone we keep the lock: no process gets a place before ours any more. */
static bool is_first(const struct queue *queue) {
  return lock_bytes(queue, F_OFD_SETLK, F_RDLCK, first_byte(queue), queue->place - first_byte(queue)) == 0;
}

/** Until the one before us leaves. No other process waits for the same, so no other is woken. */
static int await_the_one_before(void *context) {
  const struct queue *queue = context;
  return lock_bytes(queue, F_OFD_SETLKW, F_RDLCK, queue->ahead, 1);
}

/** How many are before us, at most. */
static long distance(const struct queue *queue, off_t first) {
  long long behind = (queue->place - queue->region) / PLACE_SIZE - (first - queue->region) / PLACE_SIZE;
  return (long)most(behind, 1);
}

enum turn await_turn(struct queue *queue, long poll_ms, long ms) {
  if (queue->fd < 0 || is_first(queue)) return FIRST;
  long long now_ms = steady_ms();
  off_t first = first_at_work(queue);
  if (first == 0) return FIRST;
  long before = distance(queue, first);
  if (first != queue->first || queue->patient_until_ms == 0) queue->patient_until_ms = now_ms + PATIENCE_MS;
  queue->first = first;
  if (now_ms >= queue->patient_until_ms) {
    queue->patient_until_ms = now_ms + RARELY * poll_ms * before;
    return IMPATIENT;
  }
  if (queue->ahead == 0 || is_stopped(queue, queue->ahead)) queue->ahead = last_at_work(queue);
  if (queue->ahead == 0) return NOT_YET; // they have left meanwhile
  long look_ms = (long)least(LOOK_AT_FIRST_MS * (long long)before, MOST_RARELY_MS);
  if (interruptibly(await_the_one_before, queue, ms < look_ms ? ms : look_ms) == 0) {
    queue->ahead = 0;
    return is_first(queue) ? FIRST : NOT_YET;
  }
  if (errno == EINTR) return NOT_YET;
  leave_queue(queue); // the kernel grants no more locks: without a place it is our turn
  return FIRST;
}

void tell_holder(struct queue *queue, pid_t holder) {
  if (queue->fd < 0 || holder == queue->holder) return;
  lock_bytes(queue, F_OFD_SETLK, F_UNLCK, queue->region, PLACE_SIZE);
  queue->holder = holder > 0 && lock_bytes(queue, F_OFD_SETLK, F_WRLCK, queue->region + holder, 1) == 0 ? holder : 0;
}

pid_t told_holder(const struct queue *queue) {
  off_t byte = queue->fd < 0 ? 0 : some_place(queue, queue->region + 1, first_byte(queue));
  return byte == 0 ? 0 : process_at(queue, byte);
}

void leave_queue(struct queue *queue) {
  if (queue->fd >= 0) close(queue->fd);
  queue->fd = -1;
  queue->place = 0;
}

long pause_of_first(long long waited_ms, int attempts, long poll_ms) {
  long long by_age_ms = poll_ms * HALF_AT_MS / (HALF_AT_MS + waited_ms);
  long long often_ms = most(poll_ms / MOST_OFTEN, least(poll_ms, waited_ms / RARER_AFTER));
  long long pause_ms = most(most(by_age_ms, often_ms), 1);
  return (long)least(pause_ms, attempts < 20 ? (long long)PAUSE_OF_FIRST_MS << attempts : pause_ms);
}
