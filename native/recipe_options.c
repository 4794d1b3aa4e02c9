#include "recipe_options.h"

#include <string.h>

#include "words.h"

static const char *const plain[] = {
  "-pipe", "-w", "-pedantic", "-pedantic-errors", "-Qunused-arguments", "-Wa,--noexecstack",
  "-g", "-g0", "-g1", "-g2", "-g3", "-ggdb", "-ggdb0", "-ggdb1", "-ggdb2", "-ggdb3", "-gdwarf", "-gdwarf-2", "-gdwarf-3",
  "-gdwarf-4", "-gdwarf-5", "-gcolumn-info", "-gno-column-info", "-gstrict-dwarf", "-gno-strict-dwarf",
  "-grecord-gcc-switches", "-gno-record-gcc-switches", "-gvariable-location-views", "-gno-variable-location-views",
  "-O", "-O0", "-O1", "-O2", "-O3", "-Os", "-Og", "-Oz", "-Ofast", "--param", NULL
};

/** By what follows `-f` or `-fno-`. */
static const char *const flags[] = {
  "PIC", "pic", "PIE", "pie", "plt", "common", "visibility-inlines-hidden", "exceptions", "non-call-exceptions", "rtti",
  "asynchronous-unwind-tables", "unwind-tables", "omit-frame-pointer", "omit-leaf-frame-pointer", "strict-aliasing",
  "strict-overflow", "strict-enums", "wrapv", "wrapv-pointer", "trapv", "stack-protector", "stack-protector-all",
  "stack-protector-strong", "stack-clash-protection", "stack-check", "cf-protection", "function-sections",
  "data-sections", "fast-math", "math-errno", "trapping-math", "finite-math-only", "signed-zeros", "rounding-math",
  "associative-math", "reciprocal-math", "unsafe-math-optimizations", "unroll-loops", "unroll-all-loops",
  "tree-vectorize", "tree-slp-vectorize", "vectorize", "slp-vectorize", "tree-loop-distribute-patterns", "inline",
  "inline-functions", "inline-small-functions", "inline-functions-called-once", "builtin", "freestanding", "hosted",
  "signed-char", "unsigned-char", "short-enums", "short-wchar", "openmp", "openmp-simd", "color-diagnostics",
  "diagnostics-color", "diagnostics-show-option", "diagnostics-show-caret", "permissive", "semantic-interposition",
  "delete-null-pointer-checks", "ident", "gnu89-inline", "ms-extensions", "plan9-extensions", "threadsafe-statics",
  "use-cxa-atexit", "keep-inline-functions", "merge-constants", "merge-all-constants", "zero-initialized-in-bss",
  "jump-tables", "optimize-sibling-calls", "schedule-insns", "schedule-insns2", "ipa-cp", "ipa-cp-clone", "ipa-sra",
  "ipa-icf", "gcse", "ivopts", "tree-sra", "tree-pre", "split-stack", "strict-volatile-bitfields", "sized-deallocation",
  "aligned-allocation", "aligned-new", "char8_t", "coroutines", "concepts", "implicit-templates",
  "implicit-inline-templates", "elide-constructors", "enforce-eh-specs", "nonansi-builtins", "operator-names",
  "conserve-space", "extern-tls-init", "allow-store-data-races", "var-tracking", "var-tracking-assignments",
  "debug-types-section", "eliminate-unused-debug-types", "standalone-debug", "limit-debug-info", "emulated-tls",
  "unsigned-bitfields", "signed-bitfields", "dollars-in-identifiers", "extended-identifiers", "toplevel-reorder",
  "reorder-blocks", "reorder-functions", "section-anchors", "lifetime-dse", "isolate-erroneous-paths-dereference",
  "code-hoisting", "ssa-phiopt", "tree-tail-merge", "cx-limited-range", "cx-fortran-rules", "single-precision-constant",
  "math-builtins", "asm", "unit-at-a-time", NULL
};

static const char *const flag_beginnings[] = {
  "-fvisibility=", "-fcf-protection=", "-ffp-contract=", "-ffp-model=", "-fexcess-precision=", "-fdiagnostics-color=",
  "-fcolor-diagnostics=", "-fmessage-length=", "-fmax-errors=", "-ferror-limit=", "-ftemplate-depth=",
  "-ftemplate-depth-", "-ftemplate-backtrace-limit=", "-fconstexpr-", "-fdebug-prefix-map=", "-ffile-prefix-map=",
  "-fmacro-prefix-map=", "-frandom-seed=", "-ftls-model=", "-fabi-version=", "-fabi-compat-version=", "-fpack-struct",
  "-falign-functions", "-falign-loops", "-falign-jumps", "-falign-labels", "-finline-limit=", "-fno-builtin-",
  "-fstrict-flex-arrays", "-ftrivial-auto-var-init=", "-fzero-call-used-regs=", "-fstack-reuse=", "-fopenmp=",
  "-fstack-limit-register=", "-ftabstop=", "-fno-sanitize", "-fexec-charset=", "-fwide-exec-charset=",
  "-fpatchable-function-entry=", "-fmin-function-alignment=", NULL
};

static const char *const machine_beginnings[] = {
  "-march=", "-mtune=", "-mcpu=", "-mabi=", "-mfpu=", "-mfpmath=", "-mfloat-abi=", "-mcmodel=", "-msse", "-mssse3", "-mavx",
  "-mfma", "-mbmi", "-mf16c", "-mpopcnt", "-mlzcnt", "-maes", "-mpclmul", "-mrdrnd", "-mrdseed", "-madx", "-mcx16", "-msha",
  "-mmovbe", "-mmmx", "-m3dnow", "-mno-", "-mthumb", "-marm", "-mgeneral-regs-only", "-mindirect-branch",
  "-mfunction-return=", "-mretpoline", "-mstackrealign", "-mpreferred-stack-boundary=", "-mskip-rax-setup", "-mred-zone",
  "-mtls-dialect=", "-mprefer-vector-width=", "-mbranch-protection=", "-moutline-atomics", "-mstrict-align",
  "-mbranches-within-32B-boundaries", "-mlong-double-", "-momit-leaf-frame-pointer", "-mcld", "-mvzeroupper", NULL
};

/** The probe, which has them too, says where is looked with them. */
static const char *const searching[] = {
  "-nostdinc", "-nostdinc++", "-ansi", "-undef", "-pthread", "-m32", "-m64", "-mx32", "-m16", NULL
};
static const char *const searching_beginnings[] = {"-std=", "--std=", "-stdlib=", "--sysroot=", "--target=", NULL};
static const char *const searching_next[] = {
  "-I", "-isystem", "-iquote", "-idirafter", "-isysroot", "--sysroot", "-target", NULL
};
static const char *const searching_glued[] = {"-I", "-isystem", "-iquote", "-idirafter", NULL};

static bool is_flag(const char *word) {
  if (!begins(word, "-f")) return false;
  if (begins_among(word, flag_beginnings)) return true;
  return is_among(word + (begins(word, "-fno-") ? 5 : 2), flags);
}

/** Which pass words on to other programs. */
static bool is_warning(const char *word) {
  static const char *const passing[] = {"-Wa,", "-Wp,", "-Wl,", NULL};
  // What it says depends on directories in which nothing is found.
  if (strstr(word, "missing-include-dirs") != NULL) return false;
  return begins(word, "-W") && !begins_among(word, passing);
}

enum option_kind option_kind(const char *word) {
  static const char *const modes[] = {"-c", "-S", NULL}, *const inputs[] = {"-include", "-imacros", NULL};
  static const char *const dependents[] = {"-MF", "-MT", "-MQ", NULL}, *const dependencies[] = {"-MD", "-MP", NULL};
  static const char *const definitions[] = {"-D", "-U", NULL};
  // It splits the search path in another way than the rest.
  if (strcmp(word, "-I-") == 0) return OPTION_UNCERTAIN;
  if (is_among(word, modes)) return OPTION_MODE;
  if (strcmp(word, "-o") == 0) return OPTION_OUTPUT_NEXT;
  if (is_among(word, dependencies)) return OPTION_DEPENDENCIES;
  if (is_among(word, dependents)) return OPTION_DEPENDENCIES_NEXT;
  if (begins_among(word, dependents)) return OPTION_DEPENDENCIES;
  if (is_among(word, definitions)) return OPTION_DEFINE_NEXT;
  if (begins_among(word, definitions)) return OPTION_DEFINE;
  if (is_among(word, inputs)) return OPTION_INPUT_NEXT;
  if (is_among(word, searching_next)) return OPTION_SEARCH_NEXT;
  if (begins_among(word, searching_glued)) return OPTION_SEARCH;
  if (is_among(word, searching) || begins_among(word, searching_beginnings)) return OPTION_SEARCH;
  if (strcmp(word, "--param") == 0) return OPTION_PLAIN_NEXT;
  if (is_among(word, plain) || begins(word, "--param=")) return OPTION_PLAIN;
  if (is_warning(word) || is_flag(word) || begins_among(word, machine_beginnings)) return OPTION_PLAIN;
  return OPTION_UNCERTAIN;
}
