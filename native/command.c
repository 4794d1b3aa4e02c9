#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leash.h"
#include "moment.h"
#include "session.h"
#include "signals.h"

/** Between TERM and KILL. A tool that stops a build gives us ten seconds or so before it kills us, too. */
enum { GRACE_MS = 2000 };
/** How long a killed group may take to vanish; a process inside an NFS call cannot even be killed. */
enum { VANISH_MS = 5000 };

/**
 * The child becomes the command. vfork(2): until then it uses our memory, which spares the copy of the page tables.
 *
 * A session of its own, so that a compiler driver and what it started can be ended together, and so that the interrupt
 * key of the terminal reaches only us.
 */
static pid_t start(char **arguments, const struct leash *leash, volatile int *error) {
  pid_t us = getpid();
  pid_t child = vfork();
  if (child != 0) return child;
  restore_signals();
  setsid();
  // Without it the command would live on when we are killed, while another one takes over our lock. What it has started
  // in turn the leash ends.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != us) _exit(1); // killed already
  if (leash != NULL) put_on(leash, us);
  execvp(arguments[0], arguments);
  *error = errno;
  _exit(1);
}

/** Reaps all children that have ended. True when this one was among them. */
static bool reap(pid_t child, int *status) {
  bool ended = false;
  int any;
  for (pid_t pid; (pid = waitpid(-1, &any, WNOHANG)) > 0;) {
    if (pid != child) continue; // an orphan of the command's
    ended = true;
    *status = any;
  }
  return ended;
}

static bool vanished(pid_t group, long within_ms) {
  long long deadline_ms = steady_ms() + within_ms;
  int status;
  for (long ms = 1; kill(-group, 0) == 0 || errno == EPERM; ms = ms < 64 ? 2 * ms : ms) {
    if (steady_ms() >= deadline_ms) return false;
    pause_ms(ms);
    reap(group, &status);
  }
  return true;
}

/** Whether nothing runs in the session any more; what has left the process group is looked for in /proc. */
static bool session_vanished(pid_t session, long within_ms) {
  long long deadline_ms = steady_ms() + within_ms;
  if (!vanished(session, within_ms)) return false;
  int status;
  for (long ms = 1; member_of_session(session) != 0; ms = ms < 64 ? 2 * ms : ms) {
    if (steady_ms() >= deadline_ms) return false;
    pause_ms(ms);
    reap(session, &status);
  }
  return true;
}

/** TERM, so that compilers remove their temporaries, after the grace KILL. */
static void end_session(pid_t session) {
  signal_session(session, SIGTERM);
  if (session_vanished(session, GRACE_MS)) return;
  signal_session(session, SIGKILL);
  session_vanished(session, VANISH_MS);
}

static bool leashed;
static int leashed_lock = -1;

void leash_commands(int lock) {
  leashed = true;
  leashed_lock = lock;
}

/** A shell says 128 and more of a command that a signal has ended: what that one had started was left by accident. */
static bool was_killed(int status) { return WIFSIGNALED(status) || WEXITSTATUS(status) > 128; }

/** Until it has ended, or nothing runs of it any more because we were told to stop, for which this is false. */
static bool await_end(pid_t child, int *status) {
  while (!reap(child, status)) {
    if (stop_signal != 0) {
      end_session(child);
      return false;
    }
    await_signal();
  }
  if (was_killed(*status)) end_session(child);
  return true;
}

struct end run_command(char **arguments) {
  if (stop_signal != 0) return (struct end){INTERRUPTED, 0};
  // Orphans of the command become our children, and can be reaped, where no first process does that (containers).
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  struct leash leash;
  if (leashed) leash = make_leash(leashed_lock);
  volatile int error = 0;
  pid_t child = start(arguments, leashed ? &leash : NULL, &error);
  if (child < 0) return (struct end){NOT_STARTED, errno};
  int status = 0;
  bool ended = await_end(child, &status);
  if (leashed) take_off(&leash);
  if (!ended) return (struct end){INTERRUPTED, 0};
  if (error != 0) return (struct end){NOT_STARTED, error};
  if (WIFSIGNALED(status)) return (struct end){SIGNALLED, WTERMSIG(status)};
  return WEXITSTATUS(status) == 0 ? (struct end){SUCCEEDED, 0} : (struct end){FAILED, WEXITSTATUS(status)};
}
