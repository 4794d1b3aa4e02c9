#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"

/** Whether a file beside the product can be replaced by another of that name, as nobody else would notice. */
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
  if (overrides != NULL && overrides[0] != '\0') return in_place(plan, command, "CCC_OVERRIDE_OPTIONS changes its options");
  if (has_replaceable_sides(&plan)) return plan;
  return in_place(plan, command, "a file that it writes beside its output cannot be replaced");
}

struct plan adapt_to_place(struct plan plan, char **command) {
  struct stat there, named;
  if (plan.kind == PLAN_UNCHANGED || plan.target == NULL) return plan;
  if (stat(plan.target, &there) != 0) return adapt_sides(plan, command);
  // A device, a pipe or a directory must not be replaced, and needs no lock.
  if (!S_ISREG(there.st_mode)) return (struct plan){.kind = PLAN_UNCHANGED, .argv = command};
  if (plan.kind != PLAN_REDIRECTED || !plan.seeded) return adapt_sides(plan, command);
  // ar, unlike ld, as and clang, writes through links and keeps the other names of an archive.
  bool linked = there.st_nlink > 1 || (lstat(plan.target, &named) == 0 && S_ISLNK(named.st_mode));
  if (!linked) return plan;
  return (struct plan){
      .kind = PLAN_LOCKED,
      .argv = command,
      .target = plan.target,
      .reason = "its archive has other names, and ar keeps those",
  };
}

struct plan keep_place(struct plan plan) {
  struct stat there;
  if (stat(plan.target, &there) != 0 || S_ISREG(there.st_mode)) return plan;
  plan.kind = PLAN_TYPESCRIPT;
  plan.reason = "what stands in the target's place is no regular file";
  return plan;
}
