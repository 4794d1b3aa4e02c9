#include "compiler_command.h"

#include <string.h>

#include "compiler_options.h"
#include "named_outputs.h"
#include "tables/compiler_options.h"

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
  bool names_next[READERS];
};

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

/** Whether `-Wp,` is followed by one of these arguments, separated by commas. */
static bool passes(const char *option, const struct pattern *wanted) {
  if (!begins(option, "-Wp,")) return false;
  const char *part = option + 4;
  for (;;) {
    size_t length = strcspn(part, ",");
    if (matches(copy_of(part, length), wanted)) return true;
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
  enum reader reader = reading->linker ? READER_LINKER : READER_DRIVER;
  if (reading->names_next[reader]) {
    read_named_output(reading, reader, path);
    return;
  }
  add_word(&command->positionals, path, -1);
  enum input_kind kind = reading->language[0] == '\0'                    ? input_kind(path)
                         : matches(reading->language, &header_languages) ? INPUT_HEADER
                                                                         : INPUT_SOURCE;
  if (kind == INPUT_OTHER) return;
  if (command->sources.count == 0) {
    const char *language = reading->language;
    bool plain = language[0] == '\0';
    command->preprocessed = plain ? is_preprocessed(path) : !matches(language, &unprocessed_languages);
    command->assembly = plain ? is_assembly(path) : matches(language, &assembly_languages);
  }
  add_word(&command->sources, path, -1);
  if (kind == INPUT_HEADER) reading->headers++;
}

static void read_linker_argument(struct reading *reading, const char *text) {
  read_named_output(reading, READER_LINKER, text);
  if (names_output_elsewhere(text)) reading->command.output_in_linker_file = true;
}

static void read_assembler_argument(struct reading *reading, const char *text) {
  read_named_output(reading, READER_ASSEMBLER, text);
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

/** Which debug information is asked for. */
static void read_debug_option(struct compiler_command *command, const char *text) {
  if (matches(text, &full_debug)) command->debug = true;
  else if (matches(text, &less_debug)) command->debug = false;
}

static void read_side_option(struct compiler_command *command, const char *text) {
  enum side_kind kind;
  if (!find_side_kind(text, &kind)) return;
  command->sides[kind] = true;
  command->side_outputs = true;
}

static void read_meaning(struct reading *reading, const char *text, size_t index) {
  struct compiler_command *command = &reading->command;
  switch (meaning_of(text, driver_option_rules)) {
    case DRIVER_OPTION_QUIET:
      command->mode = MODE_QUIET;
      break;
    case DRIVER_OPTION_COMPILE:
      if (command->mode == MODE_LINK) command->mode = MODE_COMPILE;
      break;
    case DRIVER_OPTION_ASSEMBLY:
      if (command->mode != MODE_QUIET) command->mode = MODE_ASSEMBLY;
      break;
    case DRIVER_OPTION_DEPENDENCIES:
      reading->by_driver = true;
      break;
    case DRIVER_OPTION_DEPENDENT:
      command->names_dependent = true;
      break;
    case DRIVER_OPTION_DEPENDENCY_FILE:
      name_dependency_file(reading, text + strlen("-MF"), "-MF", index);
      break;
    case DRIVER_OPTION_LINKER_ARGUMENTS:
      read_arguments(reading, text + strlen("-Wl,"), read_linker_argument);
      break;
    case DRIVER_OPTION_ASSEMBLER_ARGUMENTS:
      read_arguments(reading, text + strlen("-Wa,"), read_assembler_argument);
      break;
    case DRIVER_OPTION_OTHER_FILE:
      command->output_in_other_file = true;
      break;
    case DRIVER_OPTION_CONFIGURED:
      command->configured = true;
      break;
    case DRIVER_OPTION_REPEATED:
      command->compiles_repeatedly = true;
      break;
    case DRIVER_OPTION_LTO:
      command->lto = true;
      break;
    case DRIVER_OPTION_EMITS_OTHER:
      command->emits_other = true;
      break;
    case DRIVER_OPTION_OWN_NAME:
      command->own_name = true;
      break;
    case DRIVER_OPTION_LIBTOOL:
      command->libtool = true;
      break;
    case DRIVER_OPTION_SHORT_LANGUAGE:
      reading->language = language(text + strlen("-x"));
      break;
    case DRIVER_OPTION_LONG_LANGUAGE:
      reading->language = language(text + strlen("--language="));
      break;
    default:
      break;
  }
}

static void read_option(struct reading *reading, const char *text, size_t index) {
  struct compiler_command *command = &reading->command;
  if (reading->linker) {
    read_linker_argument(reading, text);
    if (matches(text, &quiet_linker_options)) command->mode = MODE_QUIET;
    return;
  }
  if (passes(text, &passed_dependencies)) read_preprocessor_dependencies(reading, text, index);
  else read_meaning(reading, text, index);
  read_named_output(reading, READER_DRIVER, text);
  read_side_option(command, text);
  read_debug_option(command, text);
  if (is_hashed_with_name(text)) command->hashed_with_name = true;
  if (is_recorded(text)) command->recorded = true;
}

static void read_option_with_argument(struct reading *reading, const char *text, const char *argument, size_t index) {
  struct compiler_command *command = &reading->command;
  switch (meaning_of(text, argument_option_rules)) {
    case ARGUMENT_OPTION_OUTPUT:
      command->output = argument;
      command->output_prefix = "";
      command->output_argument = index;
      break;
    case ARGUMENT_OPTION_LANGUAGE:
      reading->language = language(argument);
      break;
    case ARGUMENT_OPTION_DEPENDENT:
      command->names_dependent = true;
      break;
    case ARGUMENT_OPTION_DEPENDENCY_FILE:
      name_dependency_file(reading, argument, "", index);
      break;
    case ARGUMENT_OPTION_CONFIGURED:
      command->configured = true;
      break;
    case ARGUMENT_OPTION_WRAPPED:
      command->wrapped = true;
      break;
    case ARGUMENT_OPTION_NAMES_SIDES:
      command->names_sides = true;
      break;
    case ARGUMENT_OPTION_REPEATED:
      command->compiles_repeatedly = true;
      break;
    case ARGUMENT_OPTION_OTHER_FILE:
      command->output_in_other_file = true;
      break;
    case ARGUMENT_OPTION_LINKER_ARGUMENT:
      read_linker_argument(reading, argument);
      break;
    case ARGUMENT_OPTION_ASSEMBLER_ARGUMENT:
      read_assembler_argument(reading, argument);
      break;
    case ARGUMENT_OPTION_CLANG_ARGUMENT:
      if (matches(argument, &emitting_arguments)) command->emits_other = true;
      break;
    default:
      break;
  }
  read_named_output(reading, READER_DRIVER, text);
  if (reading->names_next[READER_DRIVER]) read_named_output(reading, READER_DRIVER, argument);
}

/** `-oFILE` or `--output=FILE`: how long what stands before the file is, or 0. */
static size_t glued_output(const char *text) {
  if (begins(text, "--output=")) return 9;
  return begins(text, "-o") && !matches(text, &no_output_options) ? 2 : 0;
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
      if (++index == words->count) command->mode = MODE_QUIET; // the compiler will say what is missing
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
