#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "moment.h"
#include "signals.h"

/** Between TERM and KILL. Whoever stops a build gives us ten seconds or so before he kills us, too. */
enum { GRACE_MS = 2000 };
/** How long a killed group may take to vanish; a process inside an NFS call cannot even be killed. */
enum { VANISH_MS = 5000 };

/**
 * The child becomes the command. vfork(2): until then it uses our memory, which spares the copy of the page tables.
 *
 * A session of its own, so that a compiler driver and what it started can be ended together, and so that the interrupt
 * key of the terminal reaches only us.
 */
static pid_t start(char **arguments, volatile int *error) {
  pid_t us = getpid();
  pid_t child = vfork();
  if (child != 0) return child;
  restore_signals();
  setsid();
  // Without it the command would live on when we are killed, while another one takes over our lock.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != us) _exit(1); // killed already
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

/** TERM, so that compilers remove their temporaries, after the grace KILL. */
static void end_group(pid_t group) {
  kill(-group, SIGTERM);
  if (vanished(group, GRACE_MS)) return;
  kill(-group, SIGKILL);
  vanished(group, VANISH_MS);
}

struct end run_command(char **arguments) {
  if (stop_signal != 0) return (struct end){INTERRUPTED, 0};
  // Orphans of the command become our children, and can be reaped, where no first process does that (containers).
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  volatile int error = 0;
  pid_t child = start(arguments, &error);
  if (child < 0) return (struct end){NOT_STARTED, errno};
  int status = 0;
  while (!reap(child, &status)) {
    if (stop_signal != 0) {
      end_group(child);
      return (struct end){INTERRUPTED, 0};
    }
    await_signal();
  }
  if (error != 0) return (struct end){NOT_STARTED, error};
  if (WIFSIGNALED(status)) return (struct end){SIGNALLED, WTERMSIG(status)};
  return WEXITSTATUS(status) == 0 ? (struct end){SUCCEEDED, 0} : (struct end){FAILED, WEXITSTATUS(status)};
}
