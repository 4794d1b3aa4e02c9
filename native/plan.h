#pragma once

#include <stdbool.h>

/** How a command that somebody else composed is run so that its output appears whole; see src/compile/plan.ts. */
enum plan_kind {
  /** As it is and without a lock: it is no compile, or nothing that can be protected. */
  PLAN_UNCHANGED,
  /** As it is while the lock of `target` is held; `reason` says why its output cannot get another name for a while. */
  PLAN_LOCKED,
  /** `argv` writes `temporary`, which is then renamed to `target`. */
  PLAN_REDIRECTED,
  /** Rare: the TypeScript helper has to do it; `reason` says why. */
  PLAN_TYPESCRIPT
};

struct plan {
  enum plan_kind kind;
  /** What to run, ended by null. */
  char **argv;
  const char *target, *temporary;
  /** An archive: what there is of it has to be copied to the temporary first. */
  bool seeded;
  /** Why it is of this kind, unless it is PLAN_REDIRECTED. */
  const char *reason;
};

/**
 * How to run a compiler, linker, ar or ranlib whose output is found in its arguments. Reads its response files.
 *
 * What a plan needs is allocated and never freed: a process makes one. Without memory the process ends with 125.
 *
 * @param command a program and its arguments, perhaps behind ccache, distcc, env; ended by null
 * @param pid, random what makes the name of the temporary one that nobody else uses
 */
struct plan plan_launch(char **command, const char *pid, const char *random);

/** As plan_launch, where the output is known: never PLAN_UNCHANGED. */
struct plan plan_link(char **command, const char *target, const char *pid, const char *random);

/** How to run a command that takes its output as an appended `-o FILE`: always PLAN_REDIRECTED. */
struct plan plan_compile(char **command, const char *target, const char *pid, const char *random);
