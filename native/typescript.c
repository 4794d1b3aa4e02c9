#include "typescript.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "command.h"
#include "report.h"
#include "signals.h"
#include "tables/compiles.h"

#ifndef NODE
#define NODE "node"
#endif

/** Where npm has put us both. */
static char *helper_script(void) {
  char program[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  program[length > 0 ? length : 0] = '\0';
  char *slash = strrchr(program, '/');
  return slash == NULL ? NULL : text("%.*s/ct-lock-helper.js", (int)(slash - program), program);
}

/** The Node that built us, if it is still there; else the one of the PATH. */
static const char *node(void) { return access(NODE, X_OK) == 0 ? NODE : "node"; }

void hand_over(char **arguments, const char *why) {
  int count = 0;
  while (arguments[count] != NULL) count++;
  char **command = calloc((size_t)count + 2, sizeof *command);
  char *script = helper_script();
  if (command == NULL || script == NULL || access(script, R_OK) != 0) {
    warn("%s (and ct-lock-helper.js, which would tell more, is not beside this program)", why);
    _exit(OWN_ERROR);
  }
  command[0] = (char *)node();
  command[1] = script;
  for (int index = 1; index < count; index++) command[index + 1] = arguments[index];
  restore_signals();
  execvp(command[0], command);
  warn("%s (and %s, which would tell more, cannot be started: %s)", why, command[0], strerror(errno));
  _exit(OWN_ERROR);
}

/**
 * The kernel's own file that stands for the host as far as its name goes; it cannot be tampered with. Not the one of the
 * PID namespace: that is the lock under which TypeScript removes the stale one.
 */
static const char HOST_FILE[] = "/proc/self/ns/uts";

enum settled settle(const struct lock *lock, bool insist) {
  int turn = open(HOST_FILE, O_RDONLY | O_CLOEXEC);
  if (turn >= 0 && flock(turn, LOCK_EX | LOCK_NB) != 0 && !insist) {
    close(turn);
    return ANOTHER_SETTLES;
  }
  char *script = helper_script();
  char *target = text("--target=%s", lock->target);
  char *strategy = text("--strategy=%s", strategy_name(lock->strategy));
  char *command[] = {(char *)node(), script, "settle", target, strategy, NULL};
  struct end end = {NOT_STARTED, ENOENT};
  if (script != NULL) end = run_command(command);
  if (turn >= 0) close(turn);
  free(script);
  free(target);
  free(strategy);
  return end.kind == SUCCEEDED ? SETTLED : NOT_SETTLED;
}
