// Made by scripts/tables.mjs of tables/tools.mjs: change that.
#pragma once

#include <stddef.h>

#include "../pattern.h"

/** What kind of program it is. */
enum tool_kind {
  TOOL_COMPILER,
  TOOL_LINKER,
  TOOL_ARCHIVER,
  TOOL_INDEXER,
  TOOL_LIBTOOL,
  TOOL_NVCC,
};

/** Which compiler a name promises: `cc` and wrappers promise none. */
enum tool_family {
  FAMILY_UNKNOWN,
  FAMILY_GCC,
  FAMILY_CLANG,
};

/** Of a name without version and triplet. */
static const struct rule kinds_by_end[] = {
  {TOOL_ARCHIVER, {(const char *const[]){"ar", NULL}, NULL, NULL}},
  {TOOL_INDEXER, {(const char *const[]){"ranlib", NULL}, NULL, NULL}},
  {TOOL_LINKER, {(const char *const[]){"ld", "lld", NULL}, NULL, NULL}},
  {TOOL_LIBTOOL, {(const char *const[]){"libtool", NULL}, NULL, NULL}},
  {TOOL_NVCC, {(const char *const[]){"nvcc", NULL}, NULL, NULL}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** Of a whole name, where its end tells nothing. */
static const struct rule kinds_by_name[] = {
  {TOOL_LINKER, {NULL, (const char *const[]){"ld.", NULL}, (const char *const[]){"-ld.", NULL}}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** Of a name without version. */
static const struct rule kinds_by_unversioned[] = {
  {TOOL_LIBTOOL, {(const char *const[]){"libtool.sh", NULL}, NULL, NULL}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** Of a whole name. */
static const struct rule families[] = {
  {FAMILY_CLANG, {NULL, NULL, (const char *const[]){"clang", NULL}}},
  {FAMILY_GCC, {NULL, NULL, (const char *const[]){"gcc", "g++", "gfortran", NULL}}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** They link for Windows, so add an ending of their own to outputs without one. */
static const struct pattern windows_names = {NULL, NULL, (const char *const[]){"mingw", "cygwin", NULL}};

/** Linkers that write another file and rename it. */
static const struct pattern replacing_linkers = {NULL, NULL, (const char *const[]){"lld", "mold", NULL}};

/**
 * What the names of compilers and assemblers end in, apart from versions, where `gcc`, `g++` or `clang` is not in them.
 */
static const struct pattern compiler_names = {(const char *const[]){
   "cc", "c++", "CC", "c89", "c99", "c11", "c17", "f77", "f90", "f95", "fc", "ftn", "flang", "g77", "gdc", "gnat",
   "icc", "icpc", "icx", "icpx", "ifort", "ifx", "nvc", "nvc++", "nvfortran", "pgcc", "pgc++", "pgfortran", "xlc",
   "xlC", "xlc++", "tcc", "pcc", "suncc", "mpicc", "mpicxx", "mpic++", "mpiCC", "mpif77", "mpif90", "mpifort", "mpiicc",
   "mpiicpc", "hipcc", "emcc", "em++", "as", "gas", NULL
 }, NULL, NULL};

/** Programs that start the program whose name follows, after options, numbers and assignments. */
static const struct pattern launchers = {(const char *const[]){
   "ccache", "sccache", "distcc", "icecc", "env", "nice", "ionice", "time", "timeout", "chrt", "taskset", "stdbuf",
   "setarch", "setsid", "command", NULL
 }, NULL, NULL};

/** Those of them that cache objects. */
static const struct pattern caches = {(const char *const[]){"ccache", "sccache", NULL}, NULL, NULL};

/** Those of them that send the work to other hosts. */
static const struct pattern distributors = {(const char *const[]){"distcc", "icecc", NULL}, NULL, NULL};

/** Options of ar whose argument is the next word. */
static const struct pattern archive_word_options = {(const char *const[]){
   "--plugin", "--target", "--output", "--record-libdeps", "--format", "-format", NULL
 }, NULL, NULL};

/** Options of ar that are no key letters: `-X32_64` for AIX, and `-format=gnu` of llvm-ar. */
static const struct pattern archive_options = {NULL, (const char *const[]){"--", "-X", "-format=", NULL}, NULL};

/** They ask ar about itself. */
static const struct pattern archive_questions = {(const char *const[]){"--version", "--help", NULL}, NULL, NULL};

/** Options of ranlib whose argument is the next word. */
static const struct pattern index_word_options = {(const char *const[]){"--plugin", NULL}, NULL, NULL};

/** Key letters of ar of which one is needed. */
#define ARCHIVE_OPERATIONS "dmpqrstx"

/** Those of operations that change the archive. */
#define ARCHIVE_CHANGES "dmqrs"

/**
 * Key letters with which it is not changed, or not certainly: `l` takes an argument in newer versions and none in older
 * ones; M reads a script, V and h tell about ar.
 */
#define ARCHIVE_READINGS "tpxlMVh"

/** Key letters that take the name of a member. */
#define ARCHIVE_PLACES "abi"

/** Key letters that take a number. */
#define ARCHIVE_COUNTS "N"

/** Letters of ranlib that ask it about itself. */
#define INDEX_QUESTIONS "vVhH"

/** What gcc starts objcopy by (-wrapper), which so writes another file than it was told. */
#define OTHER_FILE_SCRIPT "[ \"$2\" != --extract-dwo ] || set -- \"$1\" \"$2\" \"$3\" \"$0\"; exec \"$@\""
