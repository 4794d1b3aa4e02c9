#pragma once

#include "lookup.h"
#include "words.h"

/** What a compile has read, and where it has looked. Paths as the compiler names them. */
struct reading {
  /** The files that it read. */
  struct words inputs;
  /** Where names in quotes or brackets are looked for; where names in quotes alone are, besides the inputs' directories. */
  struct words directories, quote_directories;
  /** What it asked `__has_include` for, in brackets or quotes. */
  struct words asked;
};

/**
 * Why the same compile might read something else now than a compile that began at a moment; null when it certainly reads
 * the same. See test/once/model/inputs.ts.
 *
 * @param before what changed earlier than this, by the clock of the file system, is as the compile found it
 */
const char *why_other_inputs(const struct reading *reading, file_moment before);

/**
 * Whether an input may be named otherwise than it was looked for: where that is shorter, gcc writes down what a header of the
 * system is called without links. The link may lead elsewhere later, and the name that was included cannot be seen.
 */
bool has_shortened(const struct words *directories, const struct words *inputs);
