#pragma once

#include <stdbool.h>

#include "sha256.h"
#include "words.h"

/**
 * All that decides what a compile makes, besides the files that it finds: its words, where and as whom it runs, which program
 * that is, and what of the environment compilers read. docs/made-once.md says which.
 */
struct recipe {
  /** Two compiles with the same one, that find the same files, make the same. */
  char digest[SHA256_TEXT];
  /** The compiler, where it was found; and where it would have been found before that. */
  const char *program;
  struct words absent;
  /** `c` or `c++`; the source as written. */
  const char *language, *source;
  /** -MD is among its words. */
  bool names_dependencies;
  /** An input is named by an option, which is looked for in the working directory first. */
  bool searches_here;
  /** Of all that decides where it looks for what. */
  char search_digest[SHA256_TEXT];
  /** The words that decide where it looks for what, beginning with the program. */
  struct words searching;
};

/**
 * Reads the recipe of a command. Only what is known to read nothing but what its dependency file names has one: the option
 * list is one of what is allowed.
 *
 * @returns false when it has none
 */
bool read_recipe(char *const *command, struct recipe *recipe);
