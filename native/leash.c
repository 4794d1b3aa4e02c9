#include "leash.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "pid_namespace.h"
#include "remains.h"
#include "tables/locks.h"

struct leash make_leash(int lock) {
  struct leash leash = {.told = -1, .telling = -1, .mark = pid_namespace(), .lock = lock};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) == 0) {
    leash.told = ends[0];
    leash.telling = ends[1];
  }
  return leash;
}

/** The copy stays open in the command. The kernel has room for 64 before it makes more. */
static void inherit(int fd) {
  if (fd >= 0) fcntl(fd, F_DUPFD, FIRST_INHERITED);
}

void put_on(const struct leash *leash, pid_t helper) {
  inherit(leash->told);
  inherit(leash->mark);
  inherit(leash->lock);
  pid_t session = getpid();
  if (leash->mark >= 0) mark_session(leash->mark, helper, session);
  if (leash->told < 0) return;
  fcntl(leash->told, F_SETOWN, -session);
  fcntl(leash->told, F_SETSIG, SIGKILL);
  fcntl(leash->told, F_SETFL, O_ASYNC);
}

void take_off(const struct leash *leash) {
  if (leash->told >= 0) fcntl(leash->told, F_SETFL, 0);
  if (leash->mark >= 0) unmark(leash->mark);
}
