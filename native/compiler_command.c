#include "compiler_command.h"

#include <string.h>

#include "compiler_options.h"
#include "named_outputs.h"

/** What is known while the arguments are read. */
struct reading {
  struct compiler_command command;
  bool linker;
  /** What -x has set; empty for none. */
  const char *language;
  size_t headers;
  bool by_driver;
  size_t by_preprocessor;
  /** -MF. */
  struct dependency_file named;
  /** The next argument for that reader is a file that it writes. */
  bool names_next[LINKER + 1];
};

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

/** Whether `-Wp,` is followed by one of these arguments, separated by commas. */
static bool passes(const char *option, const char *const *wanted) {
  if (!begins(option, "-Wp,")) return false;
  const char *part = option + 4;
  for (;;) {
    size_t length = strcspn(part, ",");
    for (const char *const *one = wanted; *one != NULL; one++) {
      if (strlen(*one) == length && strncmp(part, *one, length) == 0) return true;
    }
    if (part[length] == '\0') return false;
    part += length + 1;
  }
}

static void read_named_output(struct reading *reading, enum reader reader, const char *text) {
  bool *next = &reading->names_next[reader];
  const char *path = *next ? text : named_output(reader, text, next);
  if (path == NULL) return;
  add_word(&reading->command.named_outputs, (char *)path, -1);
  *next = false;
}

static void read_positional(struct reading *reading, char *path) {
  struct compiler_command *command = &reading->command;
  enum reader reader = reading->linker ? LINKER : DRIVER;
  if (reading->names_next[reader]) {
    read_named_output(reading, reader, path);
    return;
  }
  add_word(&command->positionals, path, -1);
  enum input_kind kind = reading->language[0] == '\0'                       ? input_kind(path)
                         : strstr(reading->language, "header") != NULL ? INPUT_HEADER
                                                                         : INPUT_SOURCE;
  if (kind == INPUT_OTHER) return;
  if (command->sources.count == 0) {
    const char *language = reading->language;
    command->preprocessed = language[0] == '\0' ? is_preprocessed(path)
                                                : !is(language, "assembler") && strstr(language, "cpp-output") == NULL &&
                                                      !is(language, "ir") && !is(language, "ast");
    command->assembly = language[0] == '\0' ? is_assembly(path) : begins(language, "assembler");
  }
  add_word(&command->sources, path, -1);
  if (kind == INPUT_HEADER) reading->headers++;
}

static void read_linker_argument(struct reading *reading, const char *text) {
  read_named_output(reading, LINKER, text);
  if (names_output_elsewhere(text)) reading->command.output_in_linker_file = true;
}

static void read_assembler_argument(struct reading *reading, const char *text) {
  read_named_output(reading, ASSEMBLER, text);
  if (is(text, "--MD")) reading->command.output_in_other_file = true;
}

/** Arguments for another tool, separated by commas. */
static void read_arguments(struct reading *reading, const char *text,
                           void read_argument(struct reading *reading, const char *text)) {
  for (const char *part = text;;) {
    size_t length = strcspn(part, ",");
    read_argument(reading, copy_of(part, length));
    if (part[length] == '\0') return;
    part += length + 1;
  }
}

static const char *language(const char *name) { return is(name, "none") ? "" : name; }

/** `-Wp,...,-MD,FILE,...`: gcc takes it wherever it stands, clang only at the beginning and without what follows. */
static void read_preprocessor_dependencies(struct reading *reading, const char *text, size_t index) {
  struct dependency_file *file = &reading->command.dependency_file;
  const char *part = text + 4;
  while (!begins(part, "-MD,") && !begins(part, "-MMD,")) {
    part = strchr(part, ',');
    if (part == NULL) break;
    part++;
  }
  if (reading->by_preprocessor++ > 0) file->ambiguous = true;
  *file = (struct dependency_file){.argument = index, .ambiguous = file->ambiguous};
  // -Wp,-MD alone, for which gcc has no file; or a further argument before it, for which clang has none.
  if (part == NULL || part != text + 4) file->ambiguous = true;
  if (part == NULL) return;
  const char *path = strchr(part, ',') + 1;
  size_t length = strcspn(path, ",");
  file->path = copy_of(path, length);
  file->prefix = copy_of(text, (size_t)(path - text));
  file->suffix = path + length;
}

static void name_dependency_file(struct reading *reading, const char *path, const char *prefix, size_t index) {
  reading->named = (struct dependency_file){.path = path, .prefix = prefix, .suffix = "", .argument = index};
}

/** Which debug information is asked for, as far as both compilers mean the same by it. */
static void read_debug_option(struct compiler_command *command, const char *text) {
  static const char *const full[] = {"-g", "-g2", "-g3", "-ggdb", "-ggdb2", "-ggdb3", NULL};
  static const char *const less[] = {"-g0", "-g1", "-ggdb0", "-ggdb1", "-gmlt", NULL};
  if (is_among(text, full) || begins(text, "-gdwarf")) command->debug = true;
  else if (is_among(text, less) || begins(text, "-gline-")) command->debug = false;
}

static void read_side_option(struct compiler_command *command, const char *text) {
  enum side_kind kind;
  if (!find_side_kind(text, &kind)) return;
  command->sides[kind] = true;
  command->side_outputs = true;
}

static void read_option(struct reading *reading, const char *text, size_t index) {
  static const char *const dependency_options[] = {
    "-MD", "-MMD", "--write-dependencies", "--write-user-dependencies", NULL
  };
  static const char *const dependencies[] = {"-MD", "-MMD", NULL};
  static const char *const dependents[] = {"-MT", "-MQ", NULL};
  struct compiler_command *command = &reading->command;
  if (reading->linker) {
    read_linker_argument(reading, text);
    if (is(text, "--version") || is(text, "--help")) command->mode = MODE_QUIET;
    return;
  }
  if (is_quiet(text)) {
    command->mode = MODE_QUIET;
  } else if (is(text, "-c") || is(text, "--compile")) {
    if (command->mode == MODE_LINK) command->mode = MODE_COMPILE;
  } else if (is(text, "-S") || is(text, "--assemble")) {
    if (command->mode != MODE_QUIET) command->mode = MODE_ASSEMBLY;
  } else if (is_among(text, dependency_options)) {
    reading->by_driver = true;
  } else if (passes(text, dependencies)) {
    read_preprocessor_dependencies(reading, text, index);
  } else if (begins_among(text, dependents)) {
    command->names_dependent = true;
  } else if (begins(text, "-MF")) {
    name_dependency_file(reading, text + 3, "-MF", index);
  } else if (begins(text, "-Wl,")) {
    read_arguments(reading, text + 4, read_linker_argument);
  } else if (begins(text, "-Wa,")) {
    read_arguments(reading, text + 4, read_assembler_argument);
  } else if (begins(text, "-fproc-stat-report")) {
    command->output_in_other_file = true;
  } else if (begins(text, "--config=")) {
    command->configured = true;
  } else if (begins(text, "-fopenmp-targets") || begins(text, "--offload") || strstr(text, "-save-temps") != NULL) {
    command->compiles_repeatedly = true;
  } else if (is(text, "--MD")) {
    command->output_in_other_file = true;
  } else if (begins(text, "-flto")) {
    command->lto = true;
  } else if (begins(text, "-emit-") || begins(text, "--emit-") || is(text, "--precompile")) {
    command->emits_other = true;
  } else if (is(text, "-dynamiclib") || is(text, "-bundle")) {
    command->own_name = true;
  } else if (begins(text, "--mode=") || begins(text, "--tag=")) {
    command->libtool = true;
  } else if (begins(text, "-x")) {
    reading->language = language(text + 2);
  } else if (begins(text, "--language=")) {
    reading->language = language(text + 11);
  }
  read_named_output(reading, DRIVER, text);
  read_side_option(command, text);
  read_debug_option(command, text);
  if (is_hashed_with_name(text)) command->hashed_with_name = true;
  if (is_recorded(text)) command->recorded = true;
}

static void read_option_with_argument(struct reading *reading, const char *text, const char *argument, size_t index) {
  struct compiler_command *command = &reading->command;
  if (is(text, "-o") || is(text, "--output")) {
    command->output = argument;
    command->output_prefix = "";
    command->output_argument = index;
  } else if (is(text, "-x") || is(text, "--language")) {
    reading->language = language(argument);
  } else if (is(text, "-MT") || is(text, "-MQ")) {
    command->names_dependent = true;
  } else if (is(text, "-MF")) {
    name_dependency_file(reading, argument, "", index);
  } else if (is(text, "--config")) {
    command->configured = true;
  } else if (is(text, "-wrapper")) {
    command->wrapped = true;
  } else if (begins(text, "-dumpdir") || begins(text, "-dumpbase") || begins(text, "--dump-base")) {
    command->names_sides = true;
  } else if (is(text, "-arch") || begins(text, "-Xarch_")) {
    command->compiles_repeatedly = true;
  } else if (is(text, "-MJ") || is(text, "-gen-cdb-fragment-path") || is(text, "-index-store-path")) {
    command->output_in_other_file = true;
  } else if (is(text, "-Xlinker") || is(text, "--for-linker")) {
    read_linker_argument(reading, argument);
  } else if (is(text, "-Xassembler") || is(text, "--for-assembler")) {
    read_assembler_argument(reading, argument);
  } else if (is(text, "-Xclang") && begins(argument, "-emit-")) {
    command->emits_other = true;
  }
  read_named_output(reading, DRIVER, text);
  if (reading->names_next[DRIVER]) read_named_output(reading, DRIVER, argument);
}

/** `-oFILE` or `--output=FILE`: how long what stands before the file is, or 0. */
static size_t glued_output(const char *text) {
  if (begins(text, "--output=")) return 9;
  // Options of clang that begin like `-o FILE` and are none.
  return begins(text, "-o") && !begins(text, "-objc") && !is(text, "-object") ? 2 : 0;
}

struct compiler_command read_compiler_command(const struct words *words, bool linker) {
  struct reading reading = {.linker = linker, .language = "", .command = {.end_of_options = words->count}};
  struct compiler_command *command = &reading.command;
  for (size_t index = 0; index < words->count; index++) {
    char *text = words->items[index].text;
    size_t glued = glued_output(text);
    if (command->end_of_options < words->count || text[0] != '-' || text[1] == '\0') {
      read_positional(&reading, text);
    } else if (is(text, "--")) {
      command->end_of_options = index;
    } else if (takes_next(text)) {
      if (++index == words->count) command->mode = MODE_QUIET;  // the compiler will say what is missing
      else read_option_with_argument(&reading, text, words->items[index].text, index);
    } else if (glued > 0) {
      command->output = text + glued;
      command->output_prefix = copy_of(text, glued);
      command->output_argument = index;
    } else {
      read_option(&reading, text, index);
    }
  }
  command->header = command->sources.count > 0 && reading.headers == command->sources.count;
  command->dependencies = reading.by_driver             ? DEPENDENCIES_DRIVER
                          : reading.by_preprocessor > 0 ? DEPENDENCIES_PREPROCESSOR
                                                        : DEPENDENCIES_NONE;
  if (reading.by_preprocessor == 0) command->dependency_file = reading.named;
  else if (reading.by_driver || reading.named.path != NULL) command->dependency_file.ambiguous = true;
  return reading.command;
}
