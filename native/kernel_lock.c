#include "kernel_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_name.h"
#include "moment.h"
#include "path.h"
#include "pid_namespace.h"
#include "remains.h"
#include "sharing.h"
#include "signals.h"

/** A file's creator takes microseconds to its permissions; after a second they are what they are. */
static bool is_brand_new(const char *path) {
  struct stat found;
  if (lstat(path, &found) != 0) return errno == ENOENT;
  return llabs(wall_ms() - stamp_ms(found.st_ctim)) < 1000;
}

/**
 * Opens without creating first: in a shared directory only the file's first user has to set its permissions. While it
 * is about to do that, it has practically acquired the lock.
 */
static enum attempt open_lock_file(const struct lock *lock, int *fd) {
  for (;;) {
    *fd = open(lock->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0) return ACQUIRED;
    if (errno == EACCES) {
      if (is_brand_new(lock->path)) return TAKEN;
      errno = EACCES;
    }
    if (errno != ENOENT) return TROUBLE;
    *fd = open(lock->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (*fd >= 0) {
      share_descriptor(*fd, lock->target, FILE_MODE);
      return ACQUIRED;
    }
    if (errno != EEXIST) return TROUBLE; // else: another process was the first
  }
}

/**
 * The kernel does not say whose a lock of an open file is. So it begins at the byte of this number, which names the PID
 * namespace and the process in it, and reaches to the end of all files: any two such locks exclude each other, and those
 * of older versions, which begin at 0.
 */
static off_t byte_of_owner(pid_t pid) {
  ino_t namespace = pid_namespace_number();
  if (namespace == 0 || namespace > UINT32_MAX) return 0;
  return ((off_t) namespace << PID_BITS) + pid;
}

/** The process of our PID namespace whose lock begins there; 0 for another one's. */
static pid_t owner_of_byte(off_t first) {
  pid_t pid = (pid_t)(first & ((1 << PID_BITS) - 1));
  return pid > 0 && first == byte_of_owner(pid) ? pid : 0;
}

struct request {
  const struct lock *lock;
  int fd;
  bool wait;
};

static int ask_kernel(void *context) {
  const struct request *request = context;
  if (request->lock->strategy == STRATEGY_FLOCK) return flock(request->fd, request->wait ? LOCK_EX : LOCK_EX | LOCK_NB);
  // A lock of the open file, so that closing another descriptor of the file does not drop it.
  struct flock rest = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte_of_owner(getpid())};
  return fcntl(request->fd, request->wait ? F_OFD_SETLKW : F_OFD_SETLK, &rest);
}

/** Whether the locked file is still the one of that name. False also with errno set to other than 0: trouble. */
static bool is_named(const struct lock *lock, int fd, struct held *held) {
  struct stat locked, named;
  errno = 0;
  if (fstat(fd, &locked) != 0) return false;
  if (!S_ISREG(locked.st_mode)) {
    errno = EINVAL;
    return false;
  }
  if (lstat(lock->path, &named) != 0) {
    if (errno == ENOENT) errno = 0;
    return false;
  }
  held->fd = fd;
  held->empty = locked.st_size == 0;
  return named.st_ino == locked.st_ino && named.st_dev == locked.st_dev;
}

/**
 * Has an NFS client ask whether the directory has changed, which it does when a directory is opened: for up to half a
 * minute it might else still miss files that earlier owners on other hosts have made. The strategies that make something
 * in the directory need not ask.
 */
static void look_afresh(const struct lock *lock) {
  char *directory = directory_of(lock->target);
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // One that may be searched and not read: its names then come a little later.
  if (fd >= 0) close(fd);
  free(directory);
}

/** @param wait_ms 0 for one attempt without waiting */
static enum attempt attempt(const struct lock *lock, struct held *held, long wait_ms) {
  for (;;) {
    struct request request = {.lock = lock, .wait = wait_ms > 0};
    enum attempt opened = open_lock_file(lock, &request.fd);
    // Nothing to sleep on yet, and no signal gets in elsewhere.
    if (opened == TAKEN && wait_ms > 0) pause_ms(1);
    if (opened != ACQUIRED) return opened;
    int answer = wait_ms > 0 ? interruptibly(ask_kernel, &request, wait_ms) : ask_kernel(&request);
    if (answer == 0 && is_named(lock, request.fd, held)) {
      if (!lock->local) look_afresh(lock);
      return ACQUIRED;
    }
    int error = errno;
    close(request.fd);
    errno = error;
    if (answer == 0 && error != 0) return TROUBLE;
    if (answer != 0) return error == EAGAIN || error == EACCES || error == EINTR ? TAKEN : TROUBLE;
    // We locked a file that was removed between open and lock: try the one that is there now.
  }
}

enum attempt try_kernel_lock(const struct lock *lock, struct held *held) { return attempt(lock, held, 0); }

enum attempt block_for_lock(const struct lock *lock, struct held *held, long ms) { return attempt(lock, held, ms); }

enum release release_kernel_lock(enum strategy strategy, const struct held *held) {
  // The kernel reports a released lock to no waiter. Cutting the empty file to no length is a change that a watch sees. One
  // with content may be a hard link to something else: that stays as it is.
  if (held->empty) (void)!ftruncate(held->fd, 0);
  // Not by closing it: a daemon that the command has started may have it open, too.
  if (strategy == STRATEGY_FLOCK) {
    flock(held->fd, LOCK_UN);
  } else {
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    fcntl(held->fd, F_OFD_SETLK, &whole);
  }
  return RELEASED;
}

struct sighting sighting_of_kernel(pid_t holder) {
  struct sighting sighting = {.named = true, .owner.pid = holder};
  snprintf(sighting.owner.host, sizeof sighting.owner.host, "%s", host_name());
  return sighting;
}

/** Finds the holder in /proc/locks. The device is not compared: overlay and btrfs show another one than stat(2) does. */
bool look_at_kernel_lock(const struct lock *lock, struct sighting *sighting) {
  *sighting = (struct sighting){.free = true};
  struct stat found;
  if (lstat(lock->path, &found) != 0) return errno == ENOENT;
  FILE *locks = fopen("/proc/locks", "re");
  if (locks == NULL) return true;
  char line[256], kind[16];
  while (fgets(line, sizeof line, locks) != NULL) {
    // Where many wait there are many lines, nearly all of other files.
    const char *before_inode = strrchr(line, ':');
    if (before_inode == NULL || strtoull(before_inode + 1, NULL, 10) != found.st_ino) continue;
    long pid;
    uintmax_t inode, first;
    // `1: FLOCK ADVISORY WRITE 4711 fe:01:1234 0 EOF`; the lines of those who wait have an arrow before the kind.
    if (sscanf(line, "%*s %15s %*s %*s %ld %*x:%*x:%" SCNuMAX " %" SCNuMAX, kind, &pid, &inode, &first) != 4) continue;
    bool ours = lock->strategy == STRATEGY_FLOCK ? strcmp(kind, "FLOCK") == 0
                                                 : strcmp(kind, "OFDLCK") == 0 || strcmp(kind, "POSIX") == 0;
    if (!ours || inode != found.st_ino) continue;
    sighting->free = false;
    if (strcmp(kind, "OFDLCK") == 0) pid = owner_of_byte((off_t)first);
    if (pid <= 0) continue;
    *sighting = sighting_of_kernel((pid_t)pid);
    break;
  }
  fclose(locks);
  return true;
}

struct judgement judge_kernel_lock(const struct sighting *sighting) {
  struct judgement judgement = {.fate = ALIVE};
  if (!sighting->named) {
    snprintf(judgement.why, sizeof judgement.why, "the kernel holds it for a live process, but does not say which");
    return judgement;
  }
  struct sighting now = *sighting;
  now.made_ms = wall_ms();
  judgement = judge(&now, &(struct circumstances){.local = true});
  if (judgement.fate != DEAD) return judgement;
  if (remains_of(sighting->owner.pid).kind == ONLY_DAEMONS) {
    snprintf(judgement.why, sizeof judgement.why,
             "its process and its command have ended; only a daemon that it started has the lock open");
    return judgement;
  }
  // The lock outlives who took it in every child that has inherited the open file.
  judgement.fate = ALIVE;
  judgement.lingers = true;
  snprintf(judgement.why, sizeof judgement.why,
           "its process has ended, but one that it started is running and has inherited the lock");
  return judgement;
}
