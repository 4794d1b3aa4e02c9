#include "remains.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pid_namespace.h"
#include "session.h"
#include "tables/locks.h"

static struct flock byte_of(pid_t helper, pid_t session) {
  return (struct flock){
      .l_type = F_RDLCK,
      .l_whence = SEEK_SET,
      .l_start = ((off_t)helper << PID_BITS) + session,
      .l_len = 1,
  };
}

void mark_session(int mark, pid_t helper, pid_t session) {
  struct flock byte = byte_of(helper, session);
  fcntl(mark, F_OFD_SETLK, &byte);
}

void unmark(int mark) {
  struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
  fcntl(mark, F_OFD_SETLK, &all);
}

/** What a session that is marked has left. */
static struct remains of_session(pid_t session) {
  pid_t member = member_of_session(session);
  return (struct remains){member == 0 ? ONLY_DAEMONS : COMMAND_RUNS, member};
}

struct remains remains_of(pid_t helper) {
  struct remains remains = {NO_REMAINS, 0};
  ino_t namespace = pid_namespace_number();
  if (namespace == 0) return remains;
  FILE *locks = fopen("/proc/locks", "re");
  if (locks == NULL) return remains;
  char line[256], kind[16];
  while (remains.kind != COMMAND_RUNS && fgets(line, sizeof line, locks) != NULL) {
    uintmax_t inode, first;
    // `1: OFDLCK ADVISORY READ -1 00:04:4026531836 45092973056 45092973056`
    if (sscanf(line, "%*s %15s %*s %*s %*d %*x:%*x:%" SCNuMAX " %" SCNuMAX, kind, &inode, &first) != 3) continue;
    if (strcmp(kind, "OFDLCK") != 0 || inode != namespace || first >> PID_BITS != (uintmax_t)helper) continue;
    pid_t session = (pid_t)(first & ((1 << PID_BITS) - 1));
    if (session > 0) remains = of_session(session); // 0 is that of the kernel's threads
  }
  fclose(locks);
  return remains;
}
