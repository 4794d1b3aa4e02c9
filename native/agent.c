#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "buffer.h"
#include "moment.h"
#include "report.h"
#include "signals.h"
#include "tables/compiles.h"

/** The agent says something every five seconds; after so long it hangs. */
enum { SILENCE_MS = 20000 };
/** Of the command, for others that wait. */
enum { MOST_OF_COMMAND = 1000 };

static int agent = -1;
/** What it has said, beyond the line that was read last. */
static char heard[16384];
static size_t heard_length;
static const char *lock_target;

/** Where it listens; src/compile/agent-place.ts finds the same. Null where another user could listen there. */
static const char *socket_path(void) {
  const char *session = getenv("XDG_RUNTIME_DIR");
  unsigned user = geteuid();
  struct stat found;
  const char *directory;
  if (session != NULL && session[0] == '/') {
    directory = text("%s/" AGENT_IN_RUN, session);
  } else {
    const char *run = text("/run/user/%u", user);
    bool there = lstat(run, &found) == 0 && S_ISDIR(found.st_mode);
    directory = there ? text("%s/" AGENT_IN_RUN, run) : text("/tmp/" AGENT_IN_TMP "%u", user);
  }
  bool ours = lstat(directory, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == user &&
              (found.st_mode & 077) == 0;
  return ours ? text("%s/" AGENT_SOCKET, directory) : NULL;
}

static int connected(void) {
  const char *path = socket_path();
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = path == NULL ? 0 : strlen(path);
  if (length == 0 || length >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, path, length);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

static void part(void) {
  close(agent);
  agent = -1;
}

/** False when the agent is gone, of which no signal is to tell. */
static bool send_all(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(agent, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    length -= (size_t)sent;
  }
  return true;
}

static bool tell(const char *word) { return agent >= 0 && send_all(word, strlen(word)); }

/** A field of the request with its end. */
static void add_with_end(struct buffer *request, const char *field) { add_bytes(request, field, strlen(field) + 1); }

static void add_command(struct buffer *request, char **command) {
  struct buffer line = {0};
  for (char **word = command; *word != NULL && line.length < MOST_OF_COMMAND; word++) {
    if (word != command) add_bytes(&line, " ", 1);
    add_bytes(&line, *word, strlen(*word));
  }
  add_bytes(request, line.bytes, line.length < MOST_OF_COMMAND ? line.length : MOST_OF_COMMAND);
  add_bytes(request, "", 1);
}

/** What of our environment the agent has to know. */
static const char *const variables[] = {"STAGELOCK_CONFIG", "CT_LOCK_TREE", "CT_LOCK_WARN_INTERVAL", "CT_LOCK_TIMEOUT",
                                        "CT_LOCK_LOG"};

static bool send_request(const char *target, char **command) {
  char directory[4096];
  if (getcwd(directory, sizeof directory) == NULL) return false;
  struct buffer request = {0};
  add_with_end(&request, AGENT_PROTOCOL);
  add_with_end(&request, text("%d", (int)getpid()));
  add_with_end(&request, directory);
  add_with_end(&request, target);
  add_command(&request, command);
  for (size_t index = 0; index < sizeof variables / sizeof *variables; index++) {
    const char *value = getenv(variables[index]);
    if (value != NULL) add_with_end(&request, text("%s=%s", variables[index], value));
  }
  add_bytes(&request, "", 1);
  return send_all(request.bytes, request.length);
}

static int read_more(void *context) {
  (void)context;
  return (int)read(agent, heard + heard_length, sizeof heard - 1 - heard_length);
}

/** A line without its end, of its own memory. Null when the agent is gone or silent, or we are to stop and may. */
static char *next_line(bool stops) {
  long long until_ms = steady_ms() + SILENCE_MS;
  for (;;) {
    char *end = memchr(heard, '\n', heard_length);
    if (end != NULL) {
      size_t length = (size_t)(end - heard);
      char *line = text("%.*s", (int)length, heard);
      heard_length -= length + 1;
      memmove(heard, end + 1, heard_length);
      return line;
    }
    long left_ms = (long)(until_ms - steady_ms());
    if (left_ms <= 0 || heard_length == sizeof heard - 1 || (stops && stop_signal != 0)) return NULL;
    int count = interruptibly(read_more, NULL, left_ms);
    if (count > 0) heard_length += (size_t)count;
    else if (count == 0 || errno != EINTR) return NULL;
  }
}

/** The next line that is an answer; passes on what the agent says to the user. */
static const char *next_answer(bool stops) {
  for (;;) {
    char *line = next_line(stops);
    if (line == NULL) return NULL;
    if (strncmp(line, "say ", 4) == 0) warn("%s", line + 4);
    else if (strcmp(line, "beat") != 0) return line;
    free(line);
  }
}

enum agent_answer ask_agent(const char *target, char **command) {
  if (stop_signal != 0) return AGENT_STOPPED;
  agent = connected();
  if (agent < 0) return NO_AGENT;
  lock_target = target;
  const char *answer = send_request(target, command) ? next_answer(true) : NULL;
  if (answer != NULL && strcmp(answer, "held") == 0) return AGENT_HOLDS;
  part();
  if (stop_signal != 0) return AGENT_STOPPED;
  return answer != NULL && strcmp(answer, "refused") == 0 ? AGENT_REFUSES : NO_AGENT;
}

bool agent_confirms(void) {
  const char *answer = tell("check\n") ? next_answer(false) : NULL;
  if (answer != NULL && strcmp(answer, "good") == 0) return true;
  // What was lost the agent itself has said.
  if (answer == NULL) {
    warn(
        "%s was not put in its place, because stagelock agent, which held its lock in etcd, is gone or does not answer",
        lock_target);
  }
  part();
  return false;
}

void agent_releases(void) {
  if (agent < 0) return;
  if (tell("release\n")) next_answer(false);
  part();
}
