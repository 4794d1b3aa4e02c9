#pragma once

#include <stdbool.h>

/*
 * What has to be known of the options of gcc, clang, gfortran and the linker to find the output of a command, by the tables that
 * src/compile/compiler-options.ts has, too.
 */

/** Its argument is the next word. */
bool takes_next(const char *option);
/** A cache would never hit if the output had a new name each time. */
bool is_hashed_with_name(const char *option);
/** The output records the command line. */
bool is_recorded(const char *option);
/** A program that starts the one whose name follows. */
bool is_launcher(const char *name);

enum input_kind { INPUT_SOURCE, INPUT_HEADER, INPUT_OTHER };

/** What the driver takes an input for by its name. */
enum input_kind input_kind(const char *path);

/** Whether a preprocessor reads a source of this name, and whether it is for the assembler. */
bool is_preprocessed(const char *path);
bool is_assembly(const char *path);

/** Whether a program is known as a compiler or assembler by its name, without triplet and version. */
bool is_compiler_name(const char *name);

/** What is written depends on the ending of the output. */
bool has_meaningful_ending(const char *path);

/**
 * Whether the linker, given this argument, writes the name of the output into another file: a map, a dependency file, a
 * program database, an import library, or files named after it.
 */
bool names_output_elsewhere(const char *argument);
