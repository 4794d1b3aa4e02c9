// Made by scripts/tables.mjs of tables/side-files.mjs: change that.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../pattern.h"

/**
 * What a compiler writes beside its product, by how it can be written under another name for a while. In the order in
 * which files are published.
 */
enum side_kind {
  SIDE_STACK_USAGE,
  SIDE_CALLGRAPH,
  SIDE_NOTES,
  SIDE_DWO,
  SIDE_INTERMEDIATE,
  SIDE_DUMP,
  SIDE_REMARKS,
  /** Nothing beside the product, but a name in it that is made of the product's. */
  SIDE_COUNTS,
  /** The debug information stays in the product, which names itself. */
  SIDE_DWO_INSIDE,
  SIDE_OTHER,
  SIDE_KINDS,
};

/** How gcc, which gives all of them one stem and writes that into the product, is had to write it elsewhere. */
enum gcc_way {
  /** Not at all. */
  GCC_IN_PLACE,
  /** The product is compiled into a directory of its own. */
  GCC_DIRECTORY,
  /** By another argument for the objcopy that gcc starts. */
  GCC_OBJCOPY,
};

/** What is known of each kind. */
struct side_file {
  /** What the names of these files end in after the stem of the product. */
  const char *const *endings;
  /** The option of `clang -cc1` that names the file alone, and not what the product says of it, where there is one. */
  const char *clang;
  /** How gcc is had to write it elsewhere. */
  enum gcc_way gcc;
  /** The compiler makes an empty file under that option where it otherwise makes none. */
  bool empty_is_none;
};
static const struct side_file side_files[] = {
  [SIDE_STACK_USAGE] = {
    .endings = (const char *const[]){"su", NULL}, .clang = "-stack-usage-file", .gcc = GCC_DIRECTORY,
  },
  [SIDE_CALLGRAPH] = {.endings = (const char *const[]){"ci", NULL}, .gcc = GCC_DIRECTORY},
  [SIDE_NOTES] = {
    .endings = (const char *const[]){"gcno", NULL}, .clang = "-coverage-notes-file=", .gcc = GCC_IN_PLACE,
  },
  [SIDE_DWO] = {
    .endings = (const char *const[]){"dwo", NULL}, .clang = "-split-dwarf-output", .gcc = GCC_OBJCOPY,
    .empty_is_none = true,
  },
  [SIDE_INTERMEDIATE] = {
    .endings = (const char *const[]){"i", "ii", "mi", "mii", "bc", "s", NULL}, .gcc = GCC_DIRECTORY,
  },
  [SIDE_DUMP] = {.endings = (const char *const[]){NULL}, .gcc = GCC_DIRECTORY},
  [SIDE_REMARKS] = {
    .endings = (const char *const[]){"opt.yaml", NULL}, .clang = "-opt-record-file", .gcc = GCC_DIRECTORY,
  },
  [SIDE_COUNTS] = {.endings = (const char *const[]){NULL}, .gcc = GCC_IN_PLACE},
  [SIDE_DWO_INSIDE] = {.endings = (const char *const[]){NULL}, .gcc = GCC_IN_PLACE},
  [SIDE_OTHER] = {.endings = (const char *const[]){"json", NULL}, .gcc = GCC_IN_PLACE},
};

/** Which kind an option asks for: the first rule that fits. */
static const struct rule side_options[] = {
  {SIDE_STACK_USAGE, {(const char *const[]){"-fstack-usage", NULL}, NULL, NULL}},
  {SIDE_NOTES, {(const char *const[]){"--coverage", "-coverage", "-ftest-coverage", NULL}, NULL, NULL}},
  {SIDE_DWO, {(const char *const[]){"-gsplit-dwarf", "-gsplit-dwarf=split", NULL}, NULL, NULL}},
  {SIDE_DWO_INSIDE, {(const char *const[]){"-gsplit-dwarf=single", NULL}, NULL, NULL}},
  {SIDE_INTERMEDIATE, {(const char *const[]){"-save-temps", "--save-temps", "-save-temps=obj", NULL}, NULL, NULL}},
  {SIDE_REMARKS, {(const char *const[]){"-fsave-optimization-record", NULL}, NULL, NULL}},
  {SIDE_COUNTS, {(const char *const[]){
      "-fprofile-arcs", "-fbranch-probabilities", "-fcondition-coverage", NULL
    }, NULL, NULL}},
  {SIDE_OTHER, {(const char *const[]){"-fmodule-output", NULL}, NULL, NULL}},
  {SIDE_CALLGRAPH, {NULL, (const char *const[]){"-fcallgraph-info", NULL}, NULL}},
  {SIDE_DUMP, {NULL, (const char *const[]){"-fdump-", NULL}, NULL}},
  {SIDE_COUNTS, {NULL, (const char *const[]){"-fprofile-generate", "-fprofile-use", "-fauto-profile", NULL}, NULL}},
  {SIDE_OTHER, {NULL, (const char *const[]){
      "-save-temps", "--save-temps", "-gsplit-dwarf=", "-fsave-optimization-record", "-ftime-trace", NULL
    }, NULL}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** Who reads an argument: the driver itself, or the tool that it passes the argument to. */
enum reader {
  READER_DRIVER,
  READER_ASSEMBLER,
  READER_LINKER,
  READERS,
};

/**
 * Options that name a file to write, besides -o and the dependency file: a map, a listing, diagnostics. Of the linker
 * with one dash; it takes two as well.
 */
struct naming_options {
  /** Their next argument is the file. */
  struct pattern next;
  /** What stands behind their first `=` is the file. */
  struct pattern glued;
};
static const struct naming_options naming_options[] = {
  [READER_DRIVER] = {
    .next = {(const char *const[]){
       "-MJ", "-aux-info", "-serialize-diagnostics", "--serialize-diagnostics", "-dependency-dot", "--MD", NULL
     }, NULL, NULL},
    .glued = {NULL, (const char *const[]){
       "-foptimization-record-file=", "-fprofile-note=", "-ftime-trace=", "-fmodule-output=", "-fproc-stat-report=",
       "-fdeps-file=", "-fdump-", "-fopt-info", NULL
     }, NULL},
  },
  [READER_ASSEMBLER] = {
    .next = {(const char *const[]){"--MD", NULL}, NULL, NULL},
    .glued = {NULL, (const char *const[]){"--MD=", NULL}, NULL},
  },
  [READER_LINKER] = {
    .next = {(const char *const[]){"-Map", "-dependency-file", "-out-implib", NULL}, NULL, NULL},
    .glued = {NULL, (const char *const[]){
       "-Map=", "-dependency-file=", "-out-implib=", "-pdb=", "-time-trace=", NULL
     }, NULL},
  },
};

/** `-alns=`: the assembler's listing, with these letters for what is in it. */
#define LISTING_LETTERS "cdghilmns"
