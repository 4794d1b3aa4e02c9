#include "habit.h"

#include "compiler_command.h"
#include "response_file.h"
#include "tables/compiler_options.h"
#include "tool.h"
#include "words.h"

/** Whether the command chooses another assembler or linker than the usual one of its compiler. */
static bool chooses_another(const struct words *words, bool links) {
  for (size_t index = 0; index < words->count; index++) {
    const char *word = words->items[index].text;
    if (links ? matches(word, &chosen_linkers) && !matches(word, &gnu_linkers) : matches(word, &external_assembler))
      return true;
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
    return matches(name_of(command[tool.at]), &replacing_linkers) ? HABIT_REPLACES : HABIT_REMOVES_FILLED;
  }
  bool read = expand(command, tool.at + 1, &words);
  struct compiler_command line = read_compiler_command(&words, false);
  bool links = line.mode == MODE_LINK && !line.header;
  bool another = chooses_another(&words, links);
  *certain = read && !another && (tool.family == FAMILY_GCC || (tool.family == FAMILY_CLANG && !links));
  if (!links && tool.family == FAMILY_CLANG && !another) return HABIT_REPLACES;
  return !links && (line.mode == MODE_ASSEMBLY || line.header) ? HABIT_WRITES : HABIT_REMOVES_FILLED;
}
