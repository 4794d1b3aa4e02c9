#include "host_name.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pid_namespace.h"
#include "report.h"

extern char **environ;

/** A constant of the kernel (PROC_PID_INIT_INO). */
static const ino_t FIRST_PID_NAMESPACE = 4026531836;
/** A look-up in DNS may hang; then the name is not known. */
enum { PATIENCE_MS = 2000 };

const char *host_name(void) {
  static char *name;
  if (name != NULL) return name;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  ino_t namespace = pid_namespace_number();
  bool elsewhere = namespace != 0 && namespace != FIRST_PID_NAMESPACE;
  name = elsewhere ? text("%s/pid-%lu", host, (unsigned long)namespace) : text("%s", host);
  return name;
}

/** What a program writes, its first line; empty where it cannot be run or takes too long. */
static void first_line_of(char **command, char *line, size_t size) {
  line[0] = '\0';
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child;
  int error = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) {
    struct pollfd answer = {.fd = ends[0], .events = POLLIN};
    ssize_t length = poll(&answer, 1, PATIENCE_MS) == 1 ? read(ends[0], line, size - 1) : 0;
    line[length > 0 ? length : 0] = '\0';
    line[strcspn(line, " \t\r\n")] = '\0';
    kill(child, SIGKILL); // it has said what it has to say, or never will
    waitpid(child, NULL, 0);
  }
  close(ends[0]);
}

/** The name by which this host finds itself, looked up once; empty where that fails. */
static const char *full_name(void) {
  static char name[256];
  static bool looked_up;
  if (!looked_up) first_line_of((char *[]){"hostname", "-f", NULL}, name, sizeof name);
  looked_up = true;
  return name;
}

/** Whether a name is another one with a domain behind it. */
static bool extends(const char *name, const char *stem) {
  size_t length = strlen(stem);
  return strncasecmp(name, stem, length) == 0 && name[length] == '.';
}

bool is_this_host(const char *recorded) {
  const char *ours = host_name();
  if (strcmp(recorded, ours) == 0) return true;
  // A full name says nothing of the PID namespace.
  if (strchr(ours, '/') != NULL || (!extends(recorded, ours) && !extends(ours, recorded))) return false;
  // Every host may call itself that.
  if (strncasecmp(recorded, "localhost", 9) == 0) return false;
  return strcasecmp(recorded, full_name()) == 0;
}
