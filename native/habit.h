#pragma once

#include <stdbool.h>

/** What a tool does with what has the name of its output already; see src/compile/habit.ts. */
enum habit {
  /** Clang, lld: they write another file and rename it. */
  HABIT_REPLACES,
  /** As, ld, gold: they remove a file that is not empty, or the link to it, and write into what they find then. */
  HABIT_REMOVES_FILLED,
  /** The compiler proper of gcc, ar: they write into the file, whatever names it has. */
  HABIT_WRITES
};

/**
 * The habit of the tool that writes the output of a command.
 *
 * @param certain where to put whether that can be told from the command; else it may also be HABIT_REPLACES
 */
enum habit habit_of(char **command, bool *certain);
