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

#include "host_name.h"
#include "moment.h"
#include "remains.h"
#include "report.h"
#include "tables/locks.h"
#include "tables/messages.h"

static const long long OLDEST_MS = OLDEST_DAYS * 24LL * 3600 * 1000;
/** The unit of start times in /proc/PID/stat: USER_HZ is 100 on every architecture that Node runs on. */
enum { MS_PER_TICK = 10 };

const char *own_record(void) {
  static char *record;
  if (record == NULL) record = text("%s:%ld", host_name(), (long)getpid());
  return record;
}

static const char SPACES[] = " \t\r\n\v\f";

/** One that no process of Linux can have is as dead as the largest. */
static pid_t pid_of(const char *digits) {
  long long pid = atoll(digits);
  return pid > LARGEST_PID ? LARGEST_PID : (pid_t)pid;
}

static bool parse_bare_pid(const char *record, struct owner *owner) {
  size_t digits = strspn(record, "0123456789");
  if (digits == 0 || digits > LONGEST_PID || record[digits + strspn(record + digits, SPACES)] != '\0') return false;
  owner->host[0] = '\0';
  owner->pid = pid_of(record);
  return owner->pid > 0;
}

bool parse_owner(const char *record, struct owner *owner) {
  if (parse_bare_pid(record, owner)) return true;
  size_t host_length = 0;
  while (record[host_length] > ' ' && record[host_length] < 0x7f && record[host_length] != ':') host_length++;
  if (host_length == 0 || host_length > LONGEST_HOST || record[host_length] != ':') return false;
  const char *digits = record + host_length + 1;
  size_t digit_count = strspn(digits, "0123456789");
  if (digit_count == 0 || digit_count > LONGEST_PID) return false;
  const char *rest = digits + digit_count;
  if (*rest == ':') rest += strcspn(rest, SPACES);
  if (rest[strspn(rest, SPACES)] != '\0') return false;
  owner->pid = pid_of(digits);
  if (owner->pid <= 0) return false;
  memcpy(owner->host, record, host_length);
  owner->host[host_length] = '\0';
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

static bool read_stat(const char *path, char *state, long *threads, unsigned long long *start_ticks) {
  char line[1024];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  line[length > 0 ? length : 0] = '\0';
  return parse_stat(line, state, threads, start_ticks);
}

char state_of_process(pid_t pid) {
  char path[64], state;
  long threads = 0;
  unsigned long long start_ticks = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  return read_stat(path, &state, &threads, &start_ticks) ? state : '\0';
}

static struct process process_of(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return (struct process){ABSENT_PROCESS, 0};
  char path[64], state;
  long threads = 0;
  unsigned long long start_ticks = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  // Alive by kill(2), but hidden by hidepid, or no /proc at all.
  if (!read_stat(path, &state, &threads, &start_ticks)) return (struct process){RUNNING, 0};
  // A zombie with other threads left still runs: only its first thread has ended.
  if ((state == 'Z' || state == 'X') && threads <= 1) return (struct process){ZOMBIE, 0};
  return (struct process){RUNNING, zero_of_ticks_ms() + (long long)start_ticks * MS_PER_TICK};
}

long long own_start_ms(void) {
  char state;
  long threads = 0;
  unsigned long long start_ticks = 0;
  // Not by our number, which may be another process's where /proc is that of another PID namespace.
  if (!read_stat("/proc/self/stat", &state, &threads, &start_ticks)) return 0;
  return zero_of_ticks_ms() + (long long)(start_ticks + 1) * MS_PER_TICK;
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
  struct judgement alive = because(ALIVE, SAYS_COMMAND_RUNS, (long)remains.process);
  alive.lingers = true;
  return alive;
}

static struct judgement judge_process(pid_t owner, long long made_ms) {
  struct process process = process_of(owner);
  if (process.kind == ABSENT_PROCESS) return unless_it_left(owner, because(DEAD, SAYS_NO_PROCESS));
  if (process.kind == ZOMBIE) return unless_it_left(owner, because(DEAD, SAYS_ZOMBIE));
  if (process.started_ms > made_ms + START_MARGIN_MS) {
    return unless_it_left(owner, because(DEAD, SAYS_STARTED_LATER));
  }
  return because(ALIVE, SAYS_PROCESS_RUNS);
}

/** A pid that may be of any host; see src/locks/owner.ts. */
static struct judgement judge_without_host(const struct sighting *sighting, const struct circumstances *circumstances) {
  if (!circumstances->local) return because(UNKNOWN, SAYS_NO_HOST);
  struct judgement judgement = judge_process(sighting->owner.pid, sighting->made_ms);
  if (judgement.fate != DEAD || wall_ms() - sighting->made_ms > circumstances->overdue_ms) return judgement;
  return because(UNKNOWN, SAYS_NO_HOST_NOT_OLD, judgement.why);
}

struct judgement judge(const struct sighting *sighting, const struct circumstances *circumstances) {
  if (sighting->obscure != NULL) return because(UNKNOWN, "%s", sighting->obscure);
  if (!sighting->named) {
    long long age_ms = wall_ms() - sighting->made_ms;
    if (age_ms <= circumstances->ownerless_ms) return because(UNKNOWN, SAYS_NOT_RECORDED);
    // NFS servers keep the verifier of an exclusive create where the time stamps belong until these are set.
    if (age_ms > OLDEST_MS) return because(UNKNOWN, SAYS_SENSELESS_TIME);
    return because(DEAD, SAYS_NO_OWNER_FOR, (long)((age_ms + 500) / 1000));
  }
  const struct owner *owner = &sighting->owner;
  if (owner->host[0] == '\0') return judge_without_host(sighting, circumstances);
  if (!is_this_host(owner->host)) {
    return because(UNKNOWN, SAYS_OTHER_HOST, owner->host);
  }
  return judge_process(owner->pid, sighting->made_ms);
}
