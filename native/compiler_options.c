#include "compiler_options.h"

#include <string.h>

#include "tables/compiler_options.h"
#include "tables/tools.h"
#include "words.h"

bool takes_next(const char *option) { return matches(option, &options_with_argument); }

bool is_hashed_with_name(const char *option) { return matches(option, &hashed_with_name); }

bool is_recorded(const char *option) { return matches(option, &recording_options); }

bool is_launcher(const char *name) { return matches(name, &launchers); }

/** Everything after the last dot of the name, empty without one. */
static const char *ending_of(const char *path) {
  const char *dot = strrchr(name_of(path), '.');
  return dot == NULL ? "" : dot + 1;
}

enum input_kind input_kind(const char *path) {
  const char *ending = ending_of(path);
  if (matches(ending, &header_endings)) return INPUT_HEADER;
  return matches(ending, &source_endings) ? INPUT_SOURCE : INPUT_OTHER;
}

bool is_preprocessed(const char *path) { return !matches(ending_of(path), &unprocessed_endings); }

bool is_assembly(const char *path) { return matches(ending_of(path), &assembly_endings); }

bool is_compiler_name(const char *name) { return matches(name, &compiler_names); }

bool has_meaningful_ending(const char *path) { return matches(ending_of(path), &meaningful_endings); }

bool names_output_elsewhere(const char *argument) {
  if (argument[0] != '-') return false;
  const char *name = argument + (argument[1] == '-' ? 2 : 1);
  return matches(name, &linker_files) || (matches(name, &linker_plugin) && matches(name, &linker_plugin_files));
}
