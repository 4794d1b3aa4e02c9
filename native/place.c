#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "destination.h"
#include "lock_name.h"
#include "path.h"
#include "planner.h"
#include "tables/compiles.h"
#include "tables/messages.h"
#include "words.h"

/** Whether a file beside the product can be replaced by another of that name, without any other tool noticing. */
static bool is_replaceable(const char *path, const char *directory) {
  struct stat found;
  const char *own = directory_of(path);
  if (strcmp(own, directory) != 0 && faccessat(AT_FDCWD, own, W_OK | X_OK, AT_EACCESS) != 0) return false;
  return lstat(path, &found) == 0 ? S_ISREG(found.st_mode) && found.st_nlink == 1 : errno == ENOENT;
}

static bool has_replaceable_sides(const struct plan *plan) {
  const char *directory = directory_of(plan->target);
  for (const struct side *side = plan->sides; side < plan->sides + plan->side_count; side++) {
    if (side->temporary != NULL && !is_replaceable(side->target, directory)) return false;
  }
  return true;
}

/** The plan to run the command as it is, because of what stands in the place of a file beside its product. */
static struct plan in_place(struct plan plan, char **command, const char *reason) {
  plan.kind = PLAN_LOCKED;
  plan.argv = command;
  plan.reason = reason;
  for (size_t index = 0; index < plan.side_count; index++) plan.sides[index].temporary = NULL;
  return plan;
}

static struct plan adapt_sides(struct plan plan, char **command) {
  if (plan.kind != PLAN_REDIRECTED || plan.seeded) return plan;
  const char *overrides = getenv("CCC_OVERRIDE_OPTIONS");
  if (overrides != NULL && overrides[0] != '\0') return in_place(plan, command, SAYS_OPTIONS_OVERRIDDEN);
  if (has_replaceable_sides(&plan)) return plan;
  return in_place(plan, command, SAYS_SIDE_NOT_REPLACEABLE);
}

/** Whether there is no room for the temporary of a path that has room. */
static bool has_no_room(const struct plan *plan) {
  const char *longest = plan->directory != NULL ? plan->directory : plan->temporary;
  if (strlen(name_of(longest)) <= ROOMY_NAME && strlen(longest) <= ROOMY_PATH) return false;
  return is_too_long(longest) && !is_too_long(plan->target);
}

/** @param written whose habits count; null for a command whose product replaces whatever is there */
static struct plan adapt(struct plan plan, char **command, char **written) {
  if (plan.kind == PLAN_UNCHANGED || plan.target == NULL) return plan;
  struct destination destination = destination_of(plan.target, written);
  if (destination.kind == DESTINATION_FOREIGN) {
    // A device or a pipe must not be replaced, and needs no lock.
    return (struct plan){.kind = PLAN_UNCHANGED, .argv = command, .reason = destination.reason};
  }
  plan.destination = destination.path;
  if (plan.kind != PLAN_REDIRECTED) return plan;
  if (destination.kind == DESTINATION_IN_PLACE) {
    plan = in_place(plan, command, destination.reason);
    plan.lock_is_optional = faccessat(AT_FDCWD, directory_of(plan.destination), W_OK | X_OK, AT_EACCESS) != 0;
    return plan;
  }
  if (has_no_room(&plan)) {
    plan = in_place(plan, command, SAYS_PATH_TOO_LONG);
    plan.lock_is_optional = true;
    return plan;
  }
  return adapt_sides(plan, command);
}

struct plan adapt_to_place(struct plan plan, char **command) {
  return adapt(plan, command, command);
}

struct plan adapt_appended(struct plan plan, char **command) {
  return adapt(plan, with_output(command, plan.target), NULL);
}
