#include "answer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "words.h"

extern char **environ;

enum { PATIENCE_MS = 10 * 1000, MOST_ANSWER = 1 << 20 };

/** With the setting first, which then counts. */
static char **environment_with(const char *setting) {
  size_t count = 0, kept = 1;
  while (environ[count] != NULL) count++;
  char **entries = allocate((count + 2) * sizeof *entries);
  size_t name = strcspn(setting, "=") + 1;
  entries[0] = (char *)setting;
  for (size_t index = 0; index < count; index++) {
    if (strncmp(environ[index], setting, name) != 0) entries[kept++] = environ[index];
  }
  entries[kept] = NULL;
  return entries;
}

static bool await(pid_t child) {
  int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
  struct pollfd end = {.fd = pidfd, .events = POLLIN};
  if (pidfd >= 0 && poll(&end, 1, PATIENCE_MS) != 1) kill(child, SIGKILL);
  if (pidfd >= 0) close(pidfd);
  int status;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool start(const struct question *question, int output, pid_t *child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, question->on_error ? STDERR_FILENO : STDOUT_FILENO);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  char **environment = environment_with(question->setting);
  bool started = posix_spawn(child, question->program, &actions, &attributes, question->arguments, environment) == 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return started;
}

bool ask_program(const struct question *question, struct buffer *answer) {
  int output = memfd_create("answer", MFD_CLOEXEC);
  if (output < 0) return false;
  pid_t child;
  bool answered = start(question, output, &child) && await(child) && read_file(output, MOST_ANSWER, answer);
  close(output);
  if (answered) add_bytes(answer, "", 1);
  return answered;
}
