#include "habit.h"

#include <string.h>

#include "compiler_command.h"
#include "response_file.h"
#include "tool.h"
#include "words.h"

static bool is_lld_or_mold(const char *name) { return strstr(name, "lld") != NULL || strstr(name, "mold") != NULL; }

/** Whether the command chooses another assembler or linker than the usual one of its compiler. */
static bool chooses_another(const struct words *words, bool links) {
  static const char *const gnu[] = {"-fuse-ld=bfd", "-fuse-ld=gold", NULL};
  static const char *const external[] = {"-fno-integrated-as", "-no-integrated-as", NULL};
  for (size_t index = 0; index < words->count; index++) {
    const char *word = words->items[index].text;
    if (links ? begins(word, "-fuse-ld=") && !is_among(word, gnu) : is_among(word, external)) return true;
  }
  return false;
}

enum habit habit_of(char **command, bool *certain) {
  struct tool tool;
  struct words words = {0};
  *certain = false;
  if (!find_tool(command, &tool)) return HABIT_WRITES;
  *certain = true;
  if (tool.kind == TOOL_ARCHIVER || tool.kind == TOOL_INDEXER) return HABIT_WRITES;
  if (tool.kind == TOOL_LINKER) {
    return is_lld_or_mold(name_of(command[tool.at])) ? HABIT_REPLACES : HABIT_REMOVES_FILLED;
  }
  bool read = expand(command, tool.at + 1, &words);
  struct compiler_command line = read_compiler_command(&words, false);
  bool links = line.mode == MODE_LINK && !line.header;
  bool another = chooses_another(&words, links);
  *certain = read && !another && (tool.family == FAMILY_GCC || (tool.family == FAMILY_CLANG && !links));
  if (!links && tool.family == FAMILY_CLANG && !another) return HABIT_REPLACES;
  return !links && (line.mode == MODE_ASSEMBLY || line.header) ? HABIT_WRITES : HABIT_REMOVES_FILLED;
}
