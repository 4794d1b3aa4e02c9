/*
 * stage-keeper PROGRAM [ARGUMENT...]: runs the command of a stage, and ends when everything that it started has ended.
 *
 * Orphans become our children, whatever they have done to their session, their environment and their user, because we
 * are a subreaper. So what the stage has started is what descends from us, and nothing else; and the end of the last one
 * is our end, which wakes the process that waits for us without any polling.
 *
 * What happens is reported on descriptor 3, a line each: `started PID`, or `error ERRNO` and no more; then `exited CODE` or
 * `signalled NUMBER` as soon as the program itself has ended. If its reader is gone (stagelock was killed), we
 * continue: as long as we live, a search for survivors finds them all.
 *
 * We only wait. Ending what is left over is done by stagelock, and a TERM to all of a machine must not have us die first.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORTS = 3, OWN_ERROR = 125 };

static const int IGNORED[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};
enum { COUNT = sizeof IGNORED / sizeof *IGNORED };

static void set_signals(void (*handler)(int)) {
  for (int index = 0; index < COUNT; index++) signal(IGNORED[index], handler);
}

/** The child becomes the program. vfork(2): until then it uses our memory. */
static pid_t start(char **arguments, volatile int *error) {
  pid_t child = vfork();
  if (child != 0) return child;
  set_signals(SIG_DFL);
  // A session of its own: `kill 0` in a script of the stage must not reach us.
  setsid();
  execvp(arguments[0], arguments);
  *error = errno;
  _exit(OWN_ERROR);
}

int main(int count, char **arguments) {
  if (count < 2 || fcntl(REPORTS, F_SETFD, FD_CLOEXEC) != 0) return OWN_ERROR;
  set_signals(SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  volatile int error = 0;
  pid_t child = start(arguments + 1, &error);
  if (child < 0) error = errno;
  if (error != 0) {
    dprintf(REPORTS, "error %d\n", error);
    return OWN_ERROR;
  }
  dprintf(REPORTS, "started %ld\n", (long)child);
  // We may outlive everything else here; the file system of the build shall not be busy because of us.
  if (chdir("/") != 0) return OWN_ERROR;
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return 0; // none is left
    if (pid != child) continue;
    if (WIFSIGNALED(status)) dprintf(REPORTS, "signalled %d\n", WTERMSIG(status));
    else dprintf(REPORTS, "exited %d\n", WEXITSTATUS(status));
    child = -1; // its number may be given to another, who may become our child
  }
}
