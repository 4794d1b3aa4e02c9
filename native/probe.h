#pragma once

#include <stdbool.h>

#include "buffer.h"
#include "inputs.h"
#include "recipe.h"

/**
 * What a compiler that is called so reads and where it looks, apart from the files that its source names.
 */
struct probe {
  /** Where names in brackets or quotes, or in quotes alone, are looked for, whether that exists or not. As it says them. */
  struct words directories, quote_directories;
  /** The programs and libraries that make the product; paths at which another one would take the place of one of them. */
  struct words programs, absent;
};

/** Asks the compiler. False where it is none that is known, or reads what is not. */
bool probe_compiler(const struct recipe *recipe, struct probe *probe);

/** Words as lines, with a name before each. What has a newline in it cannot be written so: false. */
bool add_list(struct buffer *lines, const char *name, const struct words *words);

/** The words of a probe as lines, and back. What cannot be written so has no lines: false. */
bool add_probe(struct buffer *lines, const struct probe *probe);

/** Takes a line if it is one of a probe. @param line is changed */
bool read_probe_line(char *line, struct probe *probe);

/** Why the compiler may read something else now than at a moment; null when it does not. */
const char *why_other_compiler(const struct probe *probe, file_moment before);
