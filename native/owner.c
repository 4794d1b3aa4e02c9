#include "owner.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "moment.h"
#include "remains.h"
#include "report.h"

/** The link of the first PID namespace; the number is a constant of the kernel (PROC_PID_INIT_INO). */
static const char FIRST_PID_NAMESPACE[] = "pid:[4026531836]";
/** How much later than its lock a process must have started to be called another one; see src/locks/owner.ts. */
enum { START_MARGIN_MS = 3000 };
/** No lock is left without a name for longer; see src/locks/owner.ts. */
static const long long OLDEST_MS = 365LL * 24 * 3600 * 1000;
/** The unit of start times in /proc/PID/stat: USER_HZ is 100 on every architecture that Node runs on. */
enum { MS_PER_TICK = 10 };

const char *host_name(void) {
  static char *name;
  if (name != NULL) return name;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  char namespace[64];
  ssize_t length = readlink("/proc/self/ns/pid", namespace, sizeof namespace - 1);
  namespace[length > 0 ? length : 0] = '\0';
  unsigned long inode;
  bool elsewhere = strcmp(namespace, FIRST_PID_NAMESPACE) != 0 && sscanf(namespace, "pid:[%lu]", &inode) == 1;
  name = elsewhere ? text("%s/pid-%lu", host, inode) : text("%s", host);
  return name;
}

const char *own_record(void) {
  static char *record;
  if (record == NULL) record = text("%s:%ld", host_name(), (long)getpid());
  return record;
}

bool parse_owner(const char *record, struct owner *owner) {
  size_t host_length = 0;
  while (record[host_length] > ' ' && record[host_length] < 0x7f && record[host_length] != ':') host_length++;
  if (host_length == 0 || host_length > LONGEST_HOST || record[host_length] != ':') return false;
  const char *digits = record + host_length + 1;
  size_t digit_count = strspn(digits, "0123456789");
  if (digit_count == 0 || digit_count > 10) return false;
  const char *rest = digits + digit_count;
  if (*rest == ':') rest += strcspn(rest, " \t\r\n\v\f");
  if (rest[strspn(rest, " \t\r\n\v\f")] != '\0') return false;
  long long pid = atoll(digits);
  if (pid <= 0) return false;
  memcpy(owner->host, record, host_length);
  owner->host[host_length] = '\0';
  // One that no process of Linux can have is as dead as this one.
  owner->pid = pid > 0x7fffffff ? 0x7fffffff : (pid_t)pid;
  return true;
}

struct process {
  enum { ABSENT_PROCESS, ZOMBIE, RUNNING } kind;
  /** Milliseconds since the epoch by this host's clock; 0 where /proc hides it. */
  long long started_ms;
};

/** Where the start times of processes are counted from, milliseconds since the epoch. */
static long long zero_of_ticks_ms(void) {
  struct timespec since_boot;
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return wall_ms() - stamp_ms(since_boot);
}

/** The second field, the command's name in parentheses, may hold spaces and parentheses itself. */
static bool parse_stat(const char *line, char *state, long *threads, unsigned long long *start_ticks) {
  const char *at = strrchr(line, ')');
  if (at == NULL || sscanf(at + 1, " %c", state) != 1) return false;
  int field = 2;
  for (at++; *at != '\0'; at++) {
    if (*at != ' ') continue;
    field++;
    if (field == 20) *threads = atol(at + 1);
    if (field == 22) {
      *start_ticks = strtoull(at + 1, NULL, 10);
      return true;
    }
  }
  return false;
}

static struct process process_of(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return (struct process){ABSENT_PROCESS, 0};
  char path[64], line[1024], state;
  long threads = 0;
  unsigned long long start_ticks = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  line[length > 0 ? length : 0] = '\0';
  // Alive by kill(2), but hidden by hidepid, or no /proc at all.
  if (!parse_stat(line, &state, &threads, &start_ticks)) return (struct process){RUNNING, 0};
  // A zombie with other threads left still runs: only its first thread has ended.
  if ((state == 'Z' || state == 'X') && threads <= 1) return (struct process){ZOMBIE, 0};
  return (struct process){RUNNING, zero_of_ticks_ms() + (long long)start_ticks * MS_PER_TICK};
}

static struct judgement because(enum fate fate, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct judgement because(enum fate fate, const char *format, ...) {
  struct judgement judgement = {.fate = fate};
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(judgement.why, sizeof judgement.why, format, arguments);
  va_end(arguments);
  return judgement;
}

/** Of a helper that has ended: alive as long as what it has started runs. */
static struct judgement unless_it_left(pid_t pid, struct judgement dead) {
  struct remains remains = remains_of(pid);
  if (remains.kind != COMMAND_RUNS) return dead;
  struct judgement alive = because(ALIVE, "process %ld has ended, but process %ld of its command still runs", (long)pid,
                                   (long)remains.process);
  alive.lingers = true;
  return alive;
}

struct judgement judge(const struct sighting *sighting, long ownerless_ms) {
  if (sighting->obscure != NULL) return because(UNKNOWN, "%s", sighting->obscure);
  if (!sighting->named) {
    long long age_ms = wall_ms() - sighting->made_ms;
    if (age_ms <= ownerless_ms) return because(UNKNOWN, "its owner is not recorded (yet)");
    // NFS servers keep the verifier of an exclusive create where the time stamps belong until these are set.
    if (age_ms > OLDEST_MS) return because(UNKNOWN, "its time stamp makes no sense (yet)");
    return because(DEAD, "nobody has put a name into it for %lld s", (age_ms + 500) / 1000);
  }
  const struct owner *owner = &sighting->owner;
  long pid = owner->pid;
  if (strcmp(owner->host, host_name()) != 0) {
    return because(UNKNOWN, "only %s can tell whether its process %ld lives", owner->host, pid);
  }
  struct process process = process_of(owner->pid);
  if (process.kind == ABSENT_PROCESS) return unless_it_left(owner->pid, because(DEAD, "no process %ld on this host", pid));
  if (process.kind == ZOMBIE) return unless_it_left(owner->pid, because(DEAD, "process %ld has ended (zombie)", pid));
  if (process.started_ms > sighting->made_ms + START_MARGIN_MS) {
    return unless_it_left(owner->pid, because(DEAD, "process %ld on this host started after the lock was made", pid));
  }
  return because(ALIVE, "process %ld runs on this host", pid);
}
