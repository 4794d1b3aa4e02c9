#include "place.h"

#include <stddef.h>
#include <sys/stat.h>

struct plan adapt_to_place(struct plan plan, char **command) {
  struct stat there, named;
  if (plan.kind == PLAN_UNCHANGED || plan.target == NULL || stat(plan.target, &there) != 0) return plan;
  // A device, a pipe or a directory must not be replaced, and needs no lock.
  if (!S_ISREG(there.st_mode)) return (struct plan){.kind = PLAN_UNCHANGED, .argv = command};
  if (plan.kind != PLAN_REDIRECTED || !plan.seeded) return plan;
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
