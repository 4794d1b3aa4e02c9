/*
 * The native front of ct-lock-helper: parses, acquires, runs, publishes, releases, waits. What is rare (judging and
 * removing a stale lock, explaining an error) is done by the TypeScript helper beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "agreement.h"
#include "command.h"
#include "contention.h"
#include "directory.h"
#include "lock.h"
#include "lock_place.h"
#include "moment.h"
#include "once.h"
#include "options.h"
#include "outcome.h"
#include "path.h"
#include "place.h"
#include "planner.h"
#include "product.h"
#include "production.h"
#include "report.h"
#include "settings.h"
#include "signals.h"
#include "tables/compiles.h"
#include "tables/messages.h"
#include "tables/program.h"
#include "typescript.h"
#include "wait.h"

static struct plan plan_of(const struct options *options) {
  char **command = options->command;
  switch (options->verb) {
    case VERB_COMPILE:
      return adapt_appended(plan_compile(command, options->target, unique_pid(), unique_random()), command);
    case VERB_LINK:
      return adapt_to_place(plan_link(command, options->target, unique_pid(), unique_random()), command);
    default:
      return adapt_to_place(plan_launch(command, unique_pid(), unique_random()), command);
  }
}

/** Becomes the command itself: there is nothing to protect. Does not return. */
static void become(char **arguments) {
  restore_signals();
  execvp(arguments[0], arguments);
  warn(SAYS_CANNOT_START, arguments[0], strerror(errno));
  _exit(OWN_ERROR);
}

/** Writes to standard output. @returns our exit code */
static int say(const char *text) { return write_all(STDOUT_FILENO, text, strlen(text)) ? 0 : OWN_ERROR; }

/** Where 0 to 2 are closed, the next files that we open would get these numbers, and warnings would go into a lock. */
static void open_standard_descriptors(void) {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
}

/** Runs the command, and writes down what it has made where others wait for that. */
static int make(struct once *once, struct plan *plan, bool demanded) {
  begin_making(once, plan);
  int code = produce(plan, demanded, NULL);
  if (code == 0) record_made(once, plan);
  return code;
}

/** What is written in place has to end with the lease, and what is rare is not done here. */
static bool is_for_agent(const struct plan *plan) {
  if (plan->kind != PLAN_REDIRECTED) return false;
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side->temporary == NULL) return false;
  }
  struct stat directory;
  return stat(directory_of(plan->destination), &directory) == 0 && S_ISDIR(directory.st_mode);
}

/** By the agent, if there is one, else by the TypeScript helper. */
static int compile_in_etcd(const struct plan *plan, const struct options *options, char **arguments) {
  enum agent_answer answer = is_for_agent(plan) ? ask_agent(plan->destination, options->command) : NO_AGENT;
  if (answer == NO_AGENT) hand_over(arguments, "its lock is to be in etcd, and no agent runs");
  if (answer == AGENT_REFUSES) return NOT_HELD;
  if (answer == AGENT_STOPPED) return 128 + stop_signal;
  leash_commands(-1);
  int code = produce(plan, options->verb == VERB_COMPILE, agent_confirms);
  agent_releases();
  if (code == 0 && options->verb != VERB_LAUNCH) log_outcome(options->target, options->verb, NULL);
  return code;
}

int main(int count, char **arguments) {
  (void)count;
  open_standard_descriptors();
  // Its time limit (`perl -e 'alarm 60; exec ...'`) is one for Node; we use the same clock ourselves.
  if (has_inherited_alarm()) hand_over(arguments, "an alarm is set for this process");
  hold_signals();
  struct options options;
  const char *problem;
  switch (read_options(arguments + 1, &options, &problem)) {
    case ASKED_FOR_HELP:
      return say(help);
    case ASKED_FOR_VERSION:
      return say(version);
    case WRONG_OPTIONS:
      warn("%s", problem);
      warn(SAYS_HELP_TELLS_MORE);
      return OWN_ERROR;
    case FOREIGN_OPTIONS:
      hand_over(arguments, "this command line is not one of ct-lock-helper's");
    default:
      break;
  }
  struct plan plan = plan_of(&options);
  if (plan.kind == PLAN_TYPESCRIPT) hand_over(arguments, plan.reason);
  if (plan.kind == PLAN_UNCHANGED) become(plan.argv);
  if (options.in_etcd) return compile_in_etcd(&plan, &options, arguments);

  char *directory = directory_of(plan.destination);
  struct filesystem filesystem;
  if (!filesystem_of(directory, &filesystem)) {
    if (options.verb == VERB_LAUNCH) become(options.command);
    bool made = errno == ENOENT && make_directory(directory) && filesystem_of(directory, &filesystem);
    if (!made) hand_over(arguments, text("%s: %s", directory, strerror(errno)));
  }
  struct lock_place place;
  switch (find_lock_place(plan.destination, directory, options.strategy != STRATEGY_AUTO, &place)) {
    case NO_PLACE:
      warn(SAYS_NO_LOCK_TAKEN, place.problem, plan.target);
      return produce(&plan, options.verb == VERB_COMPILE, NULL);
    case UNCLEAR_PLACE:
      hand_over(arguments, text("there is no place for the lock of %s", plan.target));
    default:
      break;
  }
  if (place.directory != directory && !filesystem_of(place.directory, &filesystem)) {
    hand_over(arguments, text("%s: %s", place.directory, strerror(errno)));
  }
  enum strategy strategy = options.strategy;
  if (strategy == STRATEGY_AUTO && !agree_on_strategy(place.directory, place.agreed, &filesystem, &strategy)) {
    hand_over(arguments, text("%s/" AGREEMENT_FILE " cannot be used", place.directory));
  }
  struct settings settings = settings_from_environment(strategy, &filesystem);
  if (plan.kind == PLAN_LOCKED && settings.verbose >= 1) {
    warn(SAYS_WRITTEN_IN_PLACE, plan.target, plan.reason);
  }

  struct lock lock = lock_of(plan.destination, place.base, strategy, filesystem.local, settings.overdue_ms);
  struct once once = {0};
  if (wants_reuse(&options)) {
    char **command = options.verb == VERB_COMPILE ? with_output(options.command, options.target) : options.command;
    once = once_of(&plan, command, place.directory, place.base);
  }
  struct held held;
  struct wait wait;
  switch (acquire(&lock, &settings, &once, &held, &wait)) {
    case STOPPED:
      return 128 + stop_signal;
    case GOT_TROUBLE:
      if (stop_signal != 0) return 128 + stop_signal;
      hand_over(arguments, text("%s: %s", lock.path, strerror(errno)));
    default:
      break;
  }
  leash_commands(lock.record == NULL ? held.fd : -1);
  long long began_ms = steady_ms();
  bool taken = take_made(&once, &plan, settings.verbose >= 2);
  int code = taken ? 0 : make(&once, &plan, options.verb == VERB_COMPILE);
  long long held_ms = steady_ms() - began_ms;
  switch (release_lock(&lock, &held)) {
    case LOST:
      warn(SAYS_REMOVED_WHILE_HELD, full_path(lock.path), lock.target);
      break;
    case NOT_RELEASED: {
      const char *why = strerror(errno);
      warn("%s could not be removed: %s", full_path(lock.path), why);
      code = OWN_ERROR;
      break;
    }
    default:
      break;
  }
  if (settings.log != NULL && (wait.waited || taken))
    log_wait(settings.log, &lock, &wait, held_ms, taken ? once.saved_ms : -1);
  if (code == 0 && options.verb != VERB_LAUNCH)
    log_outcome(options.target, options.verb, taken ? plan.destination : NULL);
  return code;
}
