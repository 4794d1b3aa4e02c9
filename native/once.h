#pragma once

#include <stdbool.h>

#include "buffer.h"
#include "clock.h"
#include "messages.h"
#include "plan.h"
#include "recipe.h"

/*
 * What several processes want is made once: who finds, once the lock is its own, that another one has just made what it would
 * make itself, takes that. See docs/made-once.md.
 *
 *     struct once once = once_of(...);
 *     waiting for the lock: want_once(&once)
 *     once it is ours: if (take_made(&once, &plan)) we are done; else
 *     begin_making(&once, &plan); produce(&plan, ...); record_made(&once, &plan);
 *     the lock is released
 *
 * In a directory without waits that costs one system call. Whatever goes wrong, the command is run. A process that dies in
 * between leaves at most a file for the clean-up: facts appear by rename.
 */
struct once {
  /** False: none of it applies. */
  bool possible;
  /** The directory of the facts, its path, and the name of those of this product. */
  int directory;
  const char *path, *name;
  char *const *command;
  /** Since when this process wants it, by the clock of the files: it began to wait, or was started. 0: not known yet. */
  long long wanted_since;
  bool has_recipe, knows_recipe;
  struct recipe recipe;
  /** What is made now is to be recorded. */
  bool recording;
  struct instant began;
  /** What was mounted then. */
  struct buffer mounts;
  struct hearing hearing;
  /** An open file that the compiler writes its dependencies to, or -1. */
  int dependencies;
  /** What was spared, once something was taken. */
  long long saved_ms;
};

/**
 * @param lock_directory, lock_base where the lock of the product stands, and what its name is made of
 * @param command the whole of it, as it would run without us
 */
struct once once_of(const struct plan *plan, char *const *command, const char *lock_directory, const char *lock_base);

/** Lets those that hold the lock now or later know that a process waits. */
void want_once(struct once *once);

/** Takes what another one has made, if that is certainly what we would make, and shows what its compiler said; or why not. */
bool take_made(struct once *once, const struct plan *plan, bool verbose);

/** Has the plan put down what has to be known of what it makes. */
void begin_making(struct once *once, struct plan *plan);

/** Writes down what was made. To be called before the lock is released. */
void record_made(struct once *once, const struct plan *plan);
