#pragma once

#include <stdbool.h>

#include "side_files.h"
#include "words.h"

enum mode { MODE_LINK, MODE_COMPILE, MODE_ASSEMBLY, MODE_QUIET };

/** How the dependency file is asked for: -MD, or -Wp,-MD, where gcc and clang differ in the target they name. */
enum dependencies { DEPENDENCIES_NONE, DEPENDENCIES_DRIVER, DEPENDENCIES_PREPROCESSOR };

/** Where the command line names the dependency file. */
struct dependency_file {
  /** The path, what stands before and behind it in its argument, and that one's index; null when it is not named. */
  const char *path, *prefix, *suffix;
  size_t argument;
  /** It is asked for, or named, in more ways than one, of which gcc and clang take different ones. */
  bool ambiguous;
};

/** What the command line of a compiler driver or linker says, as far as it matters for its output. */
struct compiler_command {
  /** The last one, as gcc and clang take it: its path, the index of the argument that ends in it, what stands before. */
  const char *output, *output_prefix;
  size_t output_argument;

  enum mode mode;
  /** Files that are compiled. */
  struct words sources;
  /** All of the sources are headers, so the output is a precompiled header. */
  bool header;
  /** All words that are neither options nor their arguments. */
  struct words positionals;
  enum dependencies dependencies;
  struct dependency_file dependency_file;
  /** -MT or -MQ is there, for the driver. */
  bool names_dependent;
  /** Which kinds of further files are asked for. */
  bool sides[SIDE_KINDS];
  /** Files that options name as ones to write, besides -o and the dependency file. */
  struct words named_outputs;
  bool side_outputs, hashed_with_name, recorded, lto;
  /** What the source is: read by a preprocessor; only assembled. Of no meaning without a source. */
  bool preprocessed, assembly;
  /** -g or more, and nothing after it that takes it back. */
  bool debug;
  /** -dumpdir and the like name the further files. */
  bool names_sides;
  /** -wrapper is there. */
  bool wrapped;
  /** The compiler proper may run more than once for one source. */
  bool compiles_repeatedly;
  /** --config: another file holds arguments. */
  bool configured;
  /** What the compiler emits instead of an object or assembly, which changes the ending of an unnamed output. */
  bool emits_other;
  /** Writes the name of the output into another file: -MJ, as --MD; the linker's maps and the like. */
  bool output_in_other_file, output_in_linker_file;
  /** For Apple's linker: the library or bundle records its own name. */
  bool own_name;
  bool libtool;
  /** Where arguments can be added: the index of `--`, or the end. */
  size_t end_of_options;
};

/** Reads the arguments of a compiler driver, or with `linker` those of ld, whose short options mean other things. */
struct compiler_command read_compiler_command(const struct words *words, bool linker);
