#pragma once

#include <stdbool.h>
#include <stddef.h>

/** How a command of the caller is run so that its output appears whole; see src/compile/plan.ts. */
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

/** A file that a command writes beside its product. */
struct side {
  /** The name that it has until it is renamed; null when the command writes it under its own name. */
  const char *temporary;
  const char *target;
  /** The compiler makes an empty file where without us it makes none. */
  bool empty_is_none;
  /** A dependency file: it must not be newer than the product that it speaks of. */
  bool speaks_of_product;
};

struct plan {
  enum plan_kind kind;
  /** What to run, ended by null. */
  char **argv;
  const char *target, *temporary;
  /** What gets the contents: the target, or what it leads to. Known once the place was looked at. */
  const char *destination;
  /** The command runs without the lock where there can be none. */
  bool lock_is_optional;
  /**
   * A new directory that the temporary stands in. Whatever else is in it afterwards moves beside the target. Null where
   * the temporary stands beside the target itself.
   */
  const char *directory;
  struct side *sides;
  size_t side_count;
  /** An archive: what there is of it has to be copied to the temporary first. */
  bool seeded;
  /** It may speak of the temporary, and of nothing that has to be seen before it has ended. */
  bool says_name;
  /** Why it is of this kind, unless it is PLAN_REDIRECTED. */
  const char *reason;
  /** Where what the command said is to be put down, besides; or null. */
  struct hearing *hearing;
};
