#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * What a compiler writes beside its product because of an option, by how it can be had under another name for a while.
 * The same table stands in src/compile/side-files.ts, and in docs/side-files.md as a person reads it.
 */
enum side_kind {
  SIDE_STACK_USAGE, SIDE_CALLGRAPH, SIDE_NOTES, SIDE_DWO, SIDE_INTERMEDIATE, SIDE_DUMP, SIDE_REMARKS,
  /** Nothing beside the product, but a name in it that is made of the product's. */
  SIDE_COUNTS,
  /** The debug information stays in the product, which names itself. */
  SIDE_DWO_INSIDE,
  SIDE_OTHER,
  SIDE_KINDS
};

/** How gcc, which gives all of them one stem and writes that into the product, is had to write it elsewhere. */
enum gcc_way {
  /** Not at all. */
  GCC_IN_PLACE,
  /** The product is compiled into a directory of its own. */
  GCC_DIRECTORY,
  /** By another argument for the objcopy that gcc starts. */
  GCC_OBJCOPY
};

struct side_file {
  /** What the names of these files end in after the stem of the product; ended by null. */
  const char *endings[7];
  /** The option of `clang -cc1` that names the file alone, and not what the product says of it; null for none. */
  const char *clang;
  enum gcc_way gcc;
  /** The compiler makes an empty file under that option where it otherwise makes none. */
  bool empty_is_none;
};

extern const struct side_file side_files[SIDE_KINDS];

/** Which kind an option asks for. False for none. */
bool find_side_kind(const char *option, enum side_kind *kind);
