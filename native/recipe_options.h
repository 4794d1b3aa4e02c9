#pragma once

#include <stdbool.h>

/** What an option of a compiler means for the certainty that the same compile makes the same; see docs/made-once.md. */
enum option_kind {
  /** Not known, or it reads or writes what no dependency file names. */
  OPTION_UNCERTAIN,
  /** Decides what is made, and reads nothing; the same with the next word as its argument. */
  OPTION_PLAIN,
  OPTION_PLAIN_NEXT,
  /** Decides, or may decide, where headers are looked for. */
  OPTION_SEARCH,
  OPTION_SEARCH_NEXT,
  /** A definition, whose text counts as source text. */
  OPTION_DEFINE,
  OPTION_DEFINE_NEXT,
  /** Names an input. */
  OPTION_INPUT_NEXT,
  /** -c or -S; -o and its argument; -MD; what belongs to it, and its argument. */
  OPTION_MODE,
  OPTION_OUTPUT,
  OPTION_OUTPUT_NEXT,
  OPTION_DEPENDENCIES,
  OPTION_DEPENDENCIES_NEXT
};

enum option_kind option_kind(const char *word);
