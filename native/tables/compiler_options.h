// Made by scripts/tables.mjs of tables/compiler-options.mjs: change that.
#pragma once

#include <stddef.h>

#include "../pattern.h"

/** Options whose argument is the next word, so that `-I -o x` is not taken for an output. */
static const struct pattern options_with_argument = {(const char *const[]){
   "-o", "--output", "-I", "-D", "-U", "-A", "-L", "-l", "-x", "-T", "-u", "-z", "-e", "-B", "-F", "-G", "-J", "-R",
   "-b", "-include", "-imacros", "-isystem", "-isysroot", "-idirafter", "-iprefix", "-iwithprefix",
   "-iwithprefixbefore", "-iwithsysroot", "-iquote", "-imultilib", "-imultiarch", "-iframework",
   "-iframeworkwithsysroot", "-cxx-isystem", "-stdlib++-isystem", "-isystem-after", "-include-pch", "-ivfsoverlay",
   "-vfsoverlay", "-iapinotes-modules", "-MF", "-MT", "-MQ", "-MJ", "-gen-cdb-fragment-path", "-Xclang", "-Xlinker",
   "-Xassembler", "-Xpreprocessor", "-Xanalyzer", "-Xopenmp-target", "-Xarch_device", "-Xarch_host", "-Xcuda-fatbinary",
   "-Xcuda-ptxas", "-Xflang", "-Xoffload-linker", "-Xthinlto", "-mllvm", "-mmlir", "-mthread-model", "-meabi",
   "-target", "-arch", "-triple", "-gcc-toolchain", "-working-directory", "-resource-dir", "-fdebug-compilation-dir",
   "-ftrapv-handler", "-index-store-path", "-index-unit-output-path", "-serialize-diagnostics",
   "--serialize-diagnostics", "--config", "-aux-info", "-dumpbase", "-dumpbase-ext", "-dumpdir", "-auxbase",
   "-auxbase-strip", "-wrapper", "-specs", "--specs", "--param", "--sysroot", "-sysroot", "--prefix", "--include",
   "--imacros", "--include-directory", "--include-directory-after", "--include-prefix", "--include-with-prefix",
   "--include-with-prefix-after", "--include-with-prefix-before", "--define-macro", "--undefine-macro", "--language",
   "--library-directory", "--entry", "--for-assembler", "--for-linker", "--force-link", "--assert", "--dump-base",
   "-Tbss", "-Tdata", "-Ttext", "-rpath", "-soname", "-dyld-prefix", "-dylinker_install_name", "-install_name", "-init",
   "-compatibility_version", "-current_version", "-umbrella", "-undefined", "-exported_symbols_list",
   "-unexported_symbols_list", "-framework", "-force_load", "-weak_framework", "-weak_library", "-bundle_loader",
   "-client_name", "-allowable_client", "-filelist", "-image_base", "-pagezero_size", "-sub_library", "-sub_umbrella",
   "-multiply_defined", "-dependency-dot", "-dependency-file", "-module-dependency-dir", NULL
 }, (const char *const[]){"-Xarch_", "-Xopenmp-target=", NULL}, NULL};

/** What an option without an argument of its own means for the output: the first rule that fits. */
enum driver_option {
  /** Nothing is written that could be protected, or not where `-o` says. */
  DRIVER_OPTION_QUIET,
  DRIVER_OPTION_COMPILE,
  DRIVER_OPTION_ASSEMBLY,
  /** A dependency file is written. */
  DRIVER_OPTION_DEPENDENCIES,
  /** Names what the dependency file speaks of. */
  DRIVER_OPTION_DEPENDENT,
  /** Names the dependency file. */
  DRIVER_OPTION_DEPENDENCY_FILE,
  DRIVER_OPTION_LINKER_ARGUMENTS,
  DRIVER_OPTION_ASSEMBLER_ARGUMENTS,
  /** Another file names the output. */
  DRIVER_OPTION_OTHER_FILE,
  /** Another file holds arguments. */
  DRIVER_OPTION_CONFIGURED,
  /** The compiler proper may run more than once for one source. */
  DRIVER_OPTION_REPEATED,
  DRIVER_OPTION_LTO,
  /** Something else than an object or assembly, which changes the ending of an unnamed output. */
  DRIVER_OPTION_EMITS_OTHER,
  /** For Apple's linker: the library or bundle records its own name. */
  DRIVER_OPTION_OWN_NAME,
  DRIVER_OPTION_LIBTOOL,
  DRIVER_OPTION_SHORT_LANGUAGE,
  DRIVER_OPTION_LONG_LANGUAGE,
};
static const struct rule driver_option_rules[] = {
  {DRIVER_OPTION_QUIET, {(const char *const[]){
      "-E", "--preprocess", "-M", "-MM", "--dependencies", "--user-dependencies", "-fsyntax-only", "-###", "--version",
      "-dumpversion", "-dumpfullversion", "-dumpmachine", "-dumpspecs", "--target-help", "--help", "-help", "--analyze",
      "-module-file-info", "-verify-pch", "-extract-api", "-fdriver-only", "-rewrite-objc", "-rewrite-legacy-objc", NULL
    }, (const char *const[]){"-print-", "--print-", "--help=", NULL}, NULL}},
  {DRIVER_OPTION_COMPILE, {(const char *const[]){"-c", "--compile", NULL}, NULL, NULL}},
  {DRIVER_OPTION_ASSEMBLY, {(const char *const[]){"-S", "--assemble", NULL}, NULL, NULL}},
  {DRIVER_OPTION_DEPENDENCIES, {(const char *const[]){
      "-MD", "-MMD", "--write-dependencies", "--write-user-dependencies", NULL
    }, NULL, NULL}},
  {DRIVER_OPTION_DEPENDENT, {NULL, (const char *const[]){"-MT", "-MQ", NULL}, NULL}},
  {DRIVER_OPTION_DEPENDENCY_FILE, {NULL, (const char *const[]){"-MF", NULL}, NULL}},
  {DRIVER_OPTION_LINKER_ARGUMENTS, {NULL, (const char *const[]){"-Wl,", NULL}, NULL}},
  {DRIVER_OPTION_ASSEMBLER_ARGUMENTS, {NULL, (const char *const[]){"-Wa,", NULL}, NULL}},
  {DRIVER_OPTION_OTHER_FILE, {(const char *const[]){"--MD", NULL}, (const char *const[]){"-fproc-stat-report", NULL}, NULL}},
  {DRIVER_OPTION_CONFIGURED, {NULL, (const char *const[]){"--config=", NULL}, NULL}},
  {DRIVER_OPTION_REPEATED, {NULL, (const char *const[]){"-fopenmp-targets", "--offload", NULL}, (const char *const[]){"-save-temps", NULL}}},
  {DRIVER_OPTION_LTO, {NULL, (const char *const[]){"-flto", NULL}, NULL}},
  {DRIVER_OPTION_EMITS_OTHER, {(const char *const[]){"--precompile", NULL}, (const char *const[]){"-emit-", "--emit-", NULL}, NULL}},
  {DRIVER_OPTION_OWN_NAME, {(const char *const[]){"-dynamiclib", "-bundle", NULL}, NULL, NULL}},
  {DRIVER_OPTION_LIBTOOL, {NULL, (const char *const[]){"--mode=", "--tag=", NULL}, NULL}},
  {DRIVER_OPTION_SHORT_LANGUAGE, {NULL, (const char *const[]){"-x", NULL}, NULL}},
  {DRIVER_OPTION_LONG_LANGUAGE, {NULL, (const char *const[]){"--language=", NULL}, NULL}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** The same of an option whose argument is the next word. */
enum argument_option {
  ARGUMENT_OPTION_OUTPUT,
  ARGUMENT_OPTION_LANGUAGE,
  ARGUMENT_OPTION_DEPENDENT,
  ARGUMENT_OPTION_DEPENDENCY_FILE,
  ARGUMENT_OPTION_CONFIGURED,
  ARGUMENT_OPTION_WRAPPED,
  /** Names what is written beside the product. */
  ARGUMENT_OPTION_NAMES_SIDES,
  ARGUMENT_OPTION_REPEATED,
  ARGUMENT_OPTION_OTHER_FILE,
  ARGUMENT_OPTION_LINKER_ARGUMENT,
  ARGUMENT_OPTION_ASSEMBLER_ARGUMENT,
  ARGUMENT_OPTION_CLANG_ARGUMENT,
};
static const struct rule argument_option_rules[] = {
  {ARGUMENT_OPTION_OUTPUT, {(const char *const[]){"-o", "--output", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_LANGUAGE, {(const char *const[]){"-x", "--language", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_DEPENDENT, {(const char *const[]){"-MT", "-MQ", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_DEPENDENCY_FILE, {(const char *const[]){"-MF", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_CONFIGURED, {(const char *const[]){"--config", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_WRAPPED, {(const char *const[]){"-wrapper", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_NAMES_SIDES, {NULL, (const char *const[]){"-dumpdir", "-dumpbase", "--dump-base", NULL}, NULL}},
  {ARGUMENT_OPTION_REPEATED, {(const char *const[]){"-arch", NULL}, (const char *const[]){"-Xarch_", NULL}, NULL}},
  {ARGUMENT_OPTION_OTHER_FILE, {(const char *const[]){"-MJ", "-gen-cdb-fragment-path", "-index-store-path", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_LINKER_ARGUMENT, {(const char *const[]){"-Xlinker", "--for-linker", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_ASSEMBLER_ARGUMENT, {(const char *const[]){"-Xassembler", "--for-assembler", NULL}, NULL, NULL}},
  {ARGUMENT_OPTION_CLANG_ARGUMENT, {(const char *const[]){"-Xclang", NULL}, NULL, NULL}},
  {NO_RULE, {NULL, NULL, NULL}},
};

/** The same of the linker: it writes nothing. */
static const struct pattern quiet_linker_options = {(const char *const[]){"--version", "--help", NULL}, NULL, NULL};

/** Arguments of `-Xclang` that have something else emitted. */
static const struct pattern emitting_arguments = {NULL, (const char *const[]){"-emit-", NULL}, NULL};

/** Options of clang that begin like `-o FILE` and are none. */
static const struct pattern no_output_options = {(const char *const[]){"-object", NULL}, (const char *const[]){"-objc", NULL}, NULL};

/** Behind `-Wp,`: a dependency file is written. */
static const struct pattern passed_dependencies = {(const char *const[]){"-MD", "-MMD", NULL}, NULL, NULL};

/** What ccache adds the name of the output to its hash for: under a new name each time it would never hit. */
static const struct pattern hashed_with_name = {(const char *const[]){
   "-gsplit-dwarf", "--coverage", "-coverage", "-fprofile-arcs", "-ftest-coverage", NULL
 }, (const char *const[]){"-gsplit-dwarf=", NULL}, NULL};

/** Clang records the whole command line in the object then, the name of the output included. Gcc leaves that out. */
static const struct pattern recording_options = {(const char *const[]){
   "-grecord-command-line", "-grecord-gcc-switches", "-frecord-command-line", "-frecord-gcc-switches", NULL
 }, NULL, NULL};

/** Debug information is asked for, as far as both compilers mean the same by it. */
static const struct pattern full_debug = {(const char *const[]){"-g", "-g2", "-g3", "-ggdb", "-ggdb2", "-ggdb3", NULL}, (const char *const[]){"-gdwarf", NULL}, NULL};

/** That is taken back. */
static const struct pattern less_debug = {(const char *const[]){"-g0", "-g1", "-ggdb0", "-ggdb1", "-gmlt", NULL}, (const char *const[]){"-gline-", NULL}, NULL};

/** Endings of what is compiled. */
static const struct pattern source_endings = {(const char *const[]){
   "c", "i", "ii", "m", "mi", "mm", "mii", "M", "h", "H", "hh", "hp", "hxx", "hpp", "HPP", "h++", "tcc", "cc", "cp",
   "cxx", "cpp", "CPP", "c++", "C", "cppm", "ixx", "cxxm", "c++m", "ccm", "s", "S", "sx", "asm", "f", "for", "ftn",
   "fpp", "FOR", "FTN", "FPP", "F", "f90", "f95", "f03", "f08", "F90", "F95", "F03", "F08", "d", "di", "go", "ads",
   "adb", "java", "ll", "bc", "cu", "cui", "hip", "cl", "ast", "pcm", NULL
 }, NULL, NULL};

/** Endings of what is precompiled. */
static const struct pattern header_endings = {(const char *const[]){"h", "H", "hh", "hp", "hxx", "hpp", "HPP", "h++", "tcc", NULL}, NULL, NULL};

/** Of sources that no preprocessor reads. */
static const struct pattern unprocessed_endings = {(const char *const[]){"i", "ii", "mi", "mii", "s", "asm", "ll", "bc", "ast", "pcm", NULL}, NULL, NULL};

/** Of sources for the assembler. */
static const struct pattern assembly_endings = {(const char *const[]){"s", "S", "sx", "asm", NULL}, NULL, NULL};

/** Tools and the like choose by the ending of `-o` what they write, or write more than one file. */
static const struct pattern meaningful_endings = {(const char *const[]){"la", "dll", "exe", "js", "mjs", "html", "wasm", NULL}, NULL, NULL};

/** Languages (`-x`) of headers. */
static const struct pattern header_languages = {NULL, NULL, (const char *const[]){"header", NULL}};

/** Languages that no preprocessor reads. */
static const struct pattern unprocessed_languages = {(const char *const[]){"assembler", "ir", "ast", NULL}, NULL, (const char *const[]){"cpp-output", NULL}};

/** Languages for the assembler. */
static const struct pattern assembly_languages = {NULL, (const char *const[]){"assembler", NULL}, NULL};

/**
 * Options of the linker, without dashes, for which another file has the name of the output: a map, a dependency file, a
 * program database, an import library.
 */
static const struct pattern linker_files = {(const char *const[]){"M", "print-map", "pdb", "time-trace", NULL}, (const char *const[]){
   "Map", "dependency-file", "pdb=", "out-implib", "save-temps", "time-trace=", NULL
 }, NULL};

/** Passes an option to the plugin of the linker. */
static const struct pattern linker_plugin = {NULL, (const char *const[]){"plugin-opt=", NULL}, NULL};

/** Such options for which it writes files named after the output. */
static const struct pattern linker_plugin_files = {NULL, NULL, (const char *const[]){"save-temps", "time-trace", NULL}};

/** They choose a linker of GNU, which writes as the usual one. */
static const struct pattern gnu_linkers = {(const char *const[]){"-fuse-ld=bfd", "-fuse-ld=gold", NULL}, NULL, NULL};

/** They choose a linker. */
static const struct pattern chosen_linkers = {NULL, (const char *const[]){"-fuse-ld=", NULL}, NULL};

/** They choose another assembler than the one in clang. */
static const struct pattern external_assembler = {(const char *const[]){"-fno-integrated-as", "-no-integrated-as", NULL}, NULL, NULL};
