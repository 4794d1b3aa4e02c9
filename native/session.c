#include "session.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Whether a process runs in a session, by its line in /proc/PID/stat; then also in which group. */
static bool is_member(const char *pid, pid_t session, pid_t *group) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t length = read(fd, line, sizeof line - 1);
  close(fd);
  line[length > 0 ? length : 0] = '\0';
  // The command's name, in parentheses, may hold spaces and parentheses itself.
  const char *at = strrchr(line, ')');
  char state;
  int session_of, threads;
  if (at == NULL || sscanf(at + 1, " %c %*d %d %d", &state, group, &session_of) != 3) return false;
  if (session_of != session) return false;
  if (state != 'Z' && state != 'X') return true;
  // A zombie with other threads left still runs: only its first thread has ended.
  const char *skipped = " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d";
  return sscanf(at + 1, skipped, &threads) == 1 && threads > 1;
}

/** What to do with a member; false ends the walk. */
typedef bool visit(pid_t member, pid_t group, void *context);

static void walk_session(pid_t session, visit *see, void *context) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) return;
  pid_t group;
  for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
    if (!isdigit((unsigned char)entry->d_name[0]) || !is_member(entry->d_name, session, &group)) continue;
    if (!see((pid_t)atol(entry->d_name), group, context)) break;
  }
  closedir(processes);
}

static bool take_first(pid_t member, pid_t group, void *first) {
  (void)group;
  *(pid_t *)first = member;
  return false;
}

pid_t member_of_session(pid_t session) {
  pid_t first = 0;
  walk_session(session, take_first, &first);
  return first;
}

struct signalling {
  pid_t session;
  int signal;
};

static bool signal_outsider(pid_t member, pid_t group, void *context) {
  const struct signalling *signalling = context;
  if (group != signalling->session) kill(member, signalling->signal);
  return true;
}

void signal_session(pid_t session, int signal) {
  kill(-session, signal);
  walk_session(session, signal_outsider, &(struct signalling){session, signal});
}
