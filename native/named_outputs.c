#include "named_outputs.h"

#include <string.h>

#include "words.h"

static const char *const driver_names[] = {
  "-MJ", "-aux-info", "-serialize-diagnostics", "--serialize-diagnostics", "-dependency-dot", "--MD", NULL
};
static const char *const driver_beginnings[] = {
  "-foptimization-record-file=", "-fprofile-note=", "-ftime-trace=", "-fmodule-output=", "-fproc-stat-report=",
  "-fdeps-file=", "-fdump-", "-fopt-info", NULL
};
static const char *const assembler_names[] = {"--MD", NULL};
static const char *const assembler_beginnings[] = {"--MD=", NULL};
/** Of the linker, with one dash; it takes two as well. */
static const char *const linker_names[] = {"-Map", "-dependency-file", "-out-implib", NULL};
static const char *const linker_beginnings[] = {
  "-Map=", "-dependency-file=", "-out-implib=", "-pdb=", "-time-trace=", NULL
};

static const struct {
  const char *const *names, *const *beginnings;
} options[] = {
  [DRIVER] = {driver_names, driver_beginnings},
  [ASSEMBLER] = {assembler_names, assembler_beginnings},
  [LINKER] = {linker_names, linker_beginnings},
};

/** `-alns=`: the assembler's listing, with letters for what is in it. */
static bool is_listing(const char *option) {
  return begins(option, "-a") && option[2 + strspn(option + 2, "cdghilmns")] == '=';
}

const char *named_output(enum reader reader, const char *option, bool *next) {
  if (reader == LINKER && begins(option, "--")) option++;
  *next = is_among(option, options[reader].names);
  bool listing = reader != LINKER && is_listing(option);
  if (*next || !(listing || begins_among(option, options[reader].beginnings))) return NULL;
  const char *equals = strchr(option, '=');
  return equals == NULL || equals[1] == '\0' ? NULL : equals + 1;
}
