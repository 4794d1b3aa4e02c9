#include "compiler_options.h"

#include <string.h>

#include "words.h"

/** Options whose argument is the next word, so that `-I -o x` is not taken for an output. */
static const char *const separate[] = {
  "-o", "--output", "-I", "-D", "-U", "-A", "-L", "-l", "-x", "-T", "-u", "-z", "-e", "-B", "-F", "-G", "-J", "-R",
  "-b", "-include", "-imacros", "-isystem", "-isysroot", "-idirafter", "-iprefix", "-iwithprefix",
  "-iwithprefixbefore", "-iwithsysroot", "-iquote", "-imultilib", "-imultiarch", "-iframework",
  "-iframeworkwithsysroot", "-cxx-isystem", "-stdlib++-isystem", "-isystem-after", "-include-pch", "-ivfsoverlay",
  "-vfsoverlay", "-iapinotes-modules", "-MF", "-MT", "-MQ", "-MJ", "-gen-cdb-fragment-path", "-Xclang", "-Xlinker",
  "-Xassembler", "-Xpreprocessor", "-Xanalyzer", "-Xopenmp-target", "-Xarch_device", "-Xarch_host",
  "-Xcuda-fatbinary", "-Xcuda-ptxas", "-Xflang", "-Xoffload-linker", "-Xthinlto", "-mllvm", "-mmlir",
  "-mthread-model", "-meabi", "-target", "-arch", "-triple", "-gcc-toolchain", "-working-directory", "-resource-dir",
  "-fdebug-compilation-dir", "-ftrapv-handler", "-index-store-path", "-index-unit-output-path",
  "-serialize-diagnostics", "--serialize-diagnostics", "--config", "-aux-info", "-dumpbase", "-dumpbase-ext",
  "-dumpdir", "-auxbase", "-auxbase-strip", "-wrapper", "-specs", "--specs", "--param", "--sysroot", "-sysroot",
  "--prefix", "--include", "--imacros", "--include-directory", "--include-directory-after", "--include-prefix",
  "--include-with-prefix", "--include-with-prefix-after", "--include-with-prefix-before", "--define-macro",
  "--undefine-macro", "--language", "--library-directory", "--entry", "--for-assembler", "--for-linker",
  "--force-link", "--assert", "--dump-base", "-Tbss", "-Tdata", "-Ttext", "-rpath", "-soname", "-dyld-prefix",
  "-dylinker_install_name", "-install_name", "-init", "-compatibility_version", "-current_version", "-umbrella",
  "-undefined", "-exported_symbols_list", "-unexported_symbols_list", "-framework", "-force_load", "-weak_framework",
  "-weak_library", "-bundle_loader", "-client_name", "-allowable_client", "-filelist", "-image_base",
  "-pagezero_size", "-sub_library", "-sub_umbrella", "-multiply_defined", "-dependency-dot", "-dependency-file",
  "-module-dependency-dir", NULL
};

/** Options after which nothing is written that could be protected, or not where `-o` says. */
static const char *const quiet[] = {
  "-E", "--preprocess", "-M", "-MM", "--dependencies", "--user-dependencies", "-fsyntax-only", "-###", "--version",
  "-dumpversion", "-dumpfullversion", "-dumpmachine", "-dumpspecs", "--target-help", "--help", "-help", "--analyze",
  "-module-file-info", "-verify-pch", "-extract-api", "-fdriver-only", "-rewrite-objc", "-rewrite-legacy-objc", NULL
};

/** The same, with anything behind them. */
static const char *const quiet_beginnings[] = {
  "-print-", "--print-", "--help=", NULL
};

/** What ccache adds the name of the output to its hash for: under a new name each time it would never hit. */
static const char *const hashed_with_name[] = {
  "-gsplit-dwarf", "--coverage", "-coverage", "-fprofile-arcs", "-ftest-coverage", NULL
};

/** Clang records the whole command line in the object then, the name of the output included. Gcc leaves that out. */
static const char *const recorded[] = {
  "-grecord-command-line", "-grecord-gcc-switches", "-frecord-command-line", "-frecord-gcc-switches", NULL
};

/** Endings of what is compiled. */
static const char *const sources[] = {
  "c", "i", "ii", "m", "mi", "mm", "mii", "M", "h", "H", "hh", "hp", "hxx", "hpp", "HPP", "h++", "tcc", "cc", "cp",
  "cxx", "cpp", "CPP", "c++", "C", "cppm", "ixx", "cxxm", "c++m", "ccm", "s", "S", "sx", "asm", "f", "for", "ftn",
  "fpp", "FOR", "FTN", "FPP", "F", "f90", "f95", "f03", "f08", "F90", "F95", "F03", "F08", "d", "di", "go", "ads",
  "adb", "java", "ll", "bc", "cu", "cui", "hip", "cl", "ast", "pcm", NULL
};

/** Endings of what is precompiled. */
static const char *const headers[] = {
  "h", "H", "hh", "hp", "hxx", "hpp", "HPP", "h++", "tcc", NULL
};

/** Tools and the like choose by the ending of `-o` what they write, or write more than one file. */
static const char *const meaningful_endings[] = {
  "la", "dll", "exe", "js", "mjs", "html", "wasm", NULL
};

/** Sources that no preprocessor reads. */
static const char *const unprocessed[] = {
  "i", "ii", "mi", "mii", "s", "asm", "ll", "bc", "ast", "pcm", NULL
};

/** Sources for the assembler. */
static const char *const assembly[] = {"s", "S", "sx", "asm", NULL};

/** What the names of compilers and linkers end in, apart from versions, where `gcc`, `g++` or `clang` is not in them. */
static const char *const compilers[] = {
  "cc", "c++", "CC", "c89", "c99", "c11", "c17", "f77", "f90", "f95", "fc", "ftn", "flang", "g77", "gdc", "gnat",
  "icc", "icpc", "icx", "icpx", "ifort", "ifx", "nvc", "nvc++", "nvfortran", "pgcc", "pgc++", "pgfortran", "xlc",
  "xlC", "xlc++", "tcc", "pcc", "suncc", "mpicc", "mpicxx", "mpic++", "mpiCC", "mpif77", "mpif90", "mpifort",
  "mpiicc", "mpiicpc", "hipcc", "emcc", "em++", "as", "gas", NULL
};

/** Programs that start the program whose name follows, after options, numbers and assignments. */
static const char *const launchers[] = {
  "ccache", "sccache", "distcc", "icecc", "env", "nice", "ionice", "time", "timeout", "chrt", "taskset", "stdbuf",
  "setarch", "setsid", "command", NULL
};

bool takes_next(const char *option) {
  return begins(option, "-Xarch_") || begins(option, "-Xopenmp-target=") || is_among(option, separate);
}

bool is_quiet(const char *option) { return is_among(option, quiet) || begins_among(option, quiet_beginnings); }

bool is_hashed_with_name(const char *option) {
  return is_among(option, hashed_with_name) || begins(option, "-gsplit-dwarf=");
}

bool is_recorded(const char *option) { return is_among(option, recorded); }

bool is_launcher(const char *name) { return is_among(name, launchers); }

/** Everything after the last dot of the name, empty without one. */
static const char *ending_of(const char *path) {
  const char *dot = strrchr(name_of(path), '.');
  return dot == NULL ? "" : dot + 1;
}

enum input_kind input_kind(const char *path) {
  const char *ending = ending_of(path);
  if (is_among(ending, headers)) return INPUT_HEADER;
  return is_among(ending, sources) ? INPUT_SOURCE : INPUT_OTHER;
}

bool is_preprocessed(const char *path) { return !is_among(ending_of(path), unprocessed); }

bool is_assembly(const char *path) { return is_among(ending_of(path), assembly); }

bool is_compiler_name(const char *name) { return is_among(name, compilers); }

bool has_meaningful_ending(const char *path) { return is_among(ending_of(path), meaningful_endings); }

bool names_output_elsewhere(const char *argument) {
  static const char *const names[] = {"M", "print-map", "pdb", "time-trace", NULL};
  static const char *const beginnings[] = {
    "Map", "dependency-file", "pdb=", "out-implib", "save-temps", "time-trace=", NULL
  };
  if (argument[0] != '-') return false;
  const char *name = argument + (argument[1] == '-' ? 2 : 1);
  if (is_among(name, names) || begins_among(name, beginnings)) return true;
  return begins(name, "plugin-opt=") && (strstr(name, "save-temps") != NULL || strstr(name, "time-trace") != NULL);
}
