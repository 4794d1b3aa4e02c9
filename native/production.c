#include "production.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "messages.h"
#include "moment.h"
#include "product.h"
#include "report.h"
#include "signals.h"
#include "tables/compiles.h"
#include "tables/messages.h"
#include "words.h"

/** The exit code of a command that has ended, after telling what only we know. */
static int exit_code_of(const struct end *end, char **arguments) {
  switch (end->kind) {
    case SUCCEEDED:
      return 0;
    case FAILED:
      return end->code;
    case SIGNALLED:
      return 128 + end->code;
    case INTERRUPTED:
      return 128 + stop_signal;
    default:
      warn(SAYS_CANNOT_START, arguments[0], strerror(end->code));
      return OWN_ERROR;
  }
}

static char *directory_beside(const char *target, const char *name) {
  return joined(copy_of(target, (size_t)(name_of(target) - target)), name, NULL);
}

typedef enum published one_file(const struct plan *plan, const char *temporary, const char *target);

/** Does something with each file that came into the directory of the plan beside the product. Stops at a failure. */
static enum published each_in_directory(const struct plan *plan, one_file *act) {
  DIR *directory = plan->directory == NULL ? NULL : opendir(plan->directory);
  if (directory == NULL) return plan->directory == NULL ? PUBLISHED : NOT_PUBLISHED;
  enum published published = PUBLISHED;
  for (struct dirent *entry; published != NOT_PUBLISHED && (entry = readdir(directory)) != NULL;) {
    static const char *const others[] = {".", "..", NULL};
    if (is_among(entry->d_name, others) || strcmp(entry->d_name, name_of(plan->temporary)) == 0) continue;
    const char *from = joined(plan->directory, "/", entry->d_name, NULL);
    published = act(plan, from, directory_beside(plan->target, entry->d_name));
  }
  int error = errno;
  closedir(directory);
  errno = error;
  return published;
}

static enum published publish_one(const struct plan *plan, const char *temporary, const char *target) {
  (void)plan;
  enum published published = publish(temporary, target);
  if (published == NOT_PUBLISHED) {
    warn("%s cannot be put in the place of %s: %s", temporary, target, strerror(errno));
  }
  return published;
}

static enum published discard_one(const struct plan *plan, const char *temporary, const char *target) {
  (void)plan, (void)target;
  discard(temporary);
  return PUBLISHED;
}

/** What stands beside the product; what was not made is not missed. */
static bool publish_sides(const struct plan *plan, bool beside_old) {
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side->temporary == NULL || (beside_old && side->speaks_of_product)) continue;
    if (side->empty_is_none && is_empty(side->temporary)) discard(side->temporary);
    else if (publish_one(plan, side->temporary, side->target) == NOT_PUBLISHED) return false;
  }
  return each_in_directory(plan, publish_one) != NOT_PUBLISHED;
}

static void discard_all(const struct plan *plan) {
  discard(plan->temporary);
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side->temporary != NULL) discard(side->temporary);
  }
  each_in_directory(plan, discard_one);
}

static void share_all_in_place(const struct plan *plan) {
  if (plan->kind == PLAN_LOCKED) share_in_place(plan->destination);
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side->temporary == NULL) share_in_place(side->target);
  }
}

/**
 * Where there is a product already, the command is to find one under the temporary's name, too: a stand-in shows whether
 * the command would have removed the old one when it fails.
 */
static bool prepare(const struct plan *plan, bool replaces) {
  if (plan->directory != NULL && !make_scratch(plan->directory, plan->target)) return false;
  if (plan->seeded) return seed(plan->temporary, plan->destination);
  return !replaces || make_stand_in(plan->temporary);
}

/** What a failed command would have done to the old product is done now. */
static void fail(const struct plan *plan, bool replaces, const struct end *end) {
  bool kept = replaces && (plan->seeded || end->kind == NOT_STARTED || is_stand_in(plan->temporary));
  if (replaces && !kept) discard(plan->target);
  if (end->kind == FAILED) publish_sides(plan, kept);
}

static int finish(const struct plan *plan, bool replaces, bool demanded) {
  bool made = !replaces || plan->seeded || !is_stand_in(plan->temporary);
  if (!made) discard(plan->temporary);
  share_all_in_place(plan);
  if (!publish_sides(plan, false)) return OWN_ERROR;
  switch (made ? publish_one(plan, plan->temporary, plan->destination) : ABSENT) {
    case NOT_PUBLISHED:
      return OWN_ERROR;
    case ABSENT:
      if (!demanded) return 0;
      warn(SAYS_NOTHING_WRITTEN, plan->argv[0], plan->temporary);
      return OWN_ERROR;
    default:
      return 0;
  }
}

/** Files of another user that the command would write to, and may not, go out of its way: the directory allows that. */
static void clear_way(const struct plan *plan) {
  if (plan->kind == PLAN_LOCKED) put_away(plan->target);
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side->temporary == NULL) put_away(side->target);
  }
}

/** Runs a command so that the user sees the name of the target. On a terminal linkers are left alone: they have colours. */
static struct end run_quoting(const struct plan *plan) {
  bool quoted = plan->says_name && (plan->seeded || !isatty(STDERR_FILENO));
  if (!quoted && plan->hearing == NULL) return run_command(plan->argv);
  struct messages messages = keep_messages();
  long long began_ms = steady_ms();
  struct end end = run_command(plan->argv);
  if (plan->hearing != NULL && end.kind == SUCCEEDED) {
    plan->hearing->took_ms = steady_ms() - began_ms;
    plan->hearing->heard = lstat(plan->temporary, &plan->hearing->made) == 0 && copy_messages(messages, plan->hearing);
    bool sided = plan->side_count > 0;
    if (sided && lstat(plan->sides[0].temporary, &plan->hearing->beside) != 0) plan->hearing->heard = false;
  }
  show_messages(messages, plan->temporary, plan->target);
  return end;
}

int produce(const struct plan *plan, bool demanded, may_publish *confirm) {
  clear_way(plan);
  if (plan->kind == PLAN_LOCKED) {
    struct end end = run_command(plan->argv);
    share_all_in_place(plan);
    return exit_code_of(&end, plan->argv);
  }
  struct stat present;
  bool replaces = stat(plan->target, &present) == 0;
  int code = OWN_ERROR;
  if (!prepare(plan, replaces)) {
    warn("%s could not be made ready for %s: %s", plan->temporary, plan->target, strerror(errno));
  } else {
    struct end end = run_quoting(plan);
    bool ours = confirm == NULL || confirm();
    if (end.kind != SUCCEEDED) code = exit_code_of(&end, plan->argv);
    else code = ours ? finish(plan, replaces, demanded) : NOT_HELD;
    if (end.kind != SUCCEEDED && ours) fail(plan, replaces, &end);
  }
  if (code != 0) discard_all(plan);
  if (plan->directory != NULL) rmdir(plan->directory);
  return code;
}
