/* posix_spawn(3) with what can be asked for first: other files in the place of descriptors, a mask of signals. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

struct __spawn_action {
  int fd;
  /** What is opened in its place, or null: the descriptor `from` takes it. */
  const char *path;
  int from, flags;
  mode_t mode;
};

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions) {
  memset(actions, 0, sizeof *actions);
  return 0;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions) {
  free(actions->__actions);
  return 0;
}

static int add(posix_spawn_file_actions_t *actions, struct __spawn_action action) {
  struct __spawn_action *more = reallocarray(actions->__actions, (size_t)actions->__used + 1, sizeof *more);
  if (more == NULL) return ENOMEM;
  actions->__actions = more;
  more[actions->__used++] = action;
  return 0;
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions, int fd, const char *restrict path,
                                     int flags, mode_t mode) {
  return add(actions, (struct __spawn_action){.fd = fd, .path = path, .flags = flags, .mode = mode});
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int fd) {
  return add(actions, (struct __spawn_action){.fd = fd, .from = from});
}

int posix_spawnattr_init(posix_spawnattr_t *attributes) {
  memset(attributes, 0, sizeof *attributes);
  return 0;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attributes) {
  (void)attributes;
  return 0;
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *restrict attributes, const sigset_t *restrict mask) {
  attributes->__ss = *mask;
  return 0;
}

/** Of the flags only that for the mask of signals. */
int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags) {
  if ((flags & ~POSIX_SPAWN_SETSIGMASK) != 0) return EINVAL;
  attributes->__flags = flags;
  return 0;
}

static bool act(const struct __spawn_action *action) {
  if (action->path == NULL) {
    // The descriptor stays open in the new program even where it is its own.
    return action->from == action->fd ? fcntl(action->fd, F_SETFD, 0L) == 0 : dup2(action->from, action->fd) >= 0;
  }
  int fd = open(action->path, action->flags, action->mode);
  if (fd < 0 || fd == action->fd) return fd >= 0;
  bool moved = dup2(fd, action->fd) >= 0;
  close(fd);
  return moved;
}

/** What execve(2) or execvp(3) is to this. */
typedef int start(const char *name, char *const arguments[], char *const environment[]);

static int spawn(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[],
                 start *start) {
  volatile int problem = 0;
  pid_t child = vfork();
  if (child < 0) return errno;
  if (child == 0) {
    bool good = true;
    for (int index = 0; good && actions != NULL && index < actions->__used; index++)
      good = act(&actions->__actions[index]);
    if (attributes != NULL && attributes->__flags != 0) sigprocmask(SIG_SETMASK, &attributes->__ss, NULL);
    if (good) start(name, arguments, environment);
    problem = errno;
    _exit(127);
  }
  if (problem != 0) waitpid(child, NULL, 0);
  else if (pid != NULL) *pid = child;
  return problem;
}

int posix_spawn(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                char *const environment[restrict]) {
  return spawn(pid, path, actions, attributes, arguments, environment, execve);
}

int posix_spawnp(pid_t *restrict pid, const char *restrict name, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                 char *const environment[restrict]) {
  return spawn(pid, name, actions, attributes, arguments, environment, execvpe);
}
