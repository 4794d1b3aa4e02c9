#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include "compiler_options.h"
#include "words.h"

/** `x86_64-linux-gnu-gcc-ar-12` without its version. */
static const char *without_version(const char *name) {
  size_t length = strlen(name);
  while (length > 0 && strchr("-.0123456789", name[length - 1]) != NULL) length--;
  return copy_of(name, length);
}

/** Then without its triplet. */
static const char *last_part(const char *bare) {
  const char *dash = strrchr(bare, '-');
  return dash == NULL ? bare : dash + 1;
}

static enum tool_kind kind_of(const char *name) {
  const char *bare = without_version(name);
  int kind = meaning_of(last_part(bare), kinds_by_end);
  if (kind == NO_RULE) kind = meaning_of(name, kinds_by_name);
  if (kind == NO_RULE) kind = meaning_of(bare, kinds_by_unversioned);
  return kind == NO_RULE ? TOOL_COMPILER : (enum tool_kind)kind;
}

static enum tool_family family_of(const char *name) {
  int family = meaning_of(name, families);
  return family == NO_RULE ? FAMILY_UNKNOWN : (enum tool_family)family;
}

/** Whether one of the words of CT_LOCK_COMPILERS is this name, or `*`. */
static bool is_called_compiler(const char *name) {
  static const char blanks[] = " \t\n";
  const char *at = getenv("CT_LOCK_COMPILERS");
  for (size_t length; at != NULL && *(at += strspn(at, blanks)) != '\0'; at += length) {
    length = strcspn(at, blanks);
    if (length == 1 && *at == '*') return true;
    if (length == strlen(name) && strncmp(at, name, length) == 0) return true;
  }
  return false;
}

static bool is_known(const char *name, const struct tool *tool) {
  if (tool->kind != TOOL_COMPILER || tool->family != FAMILY_UNKNOWN) return true;
  return is_compiler_name(last_part(without_version(name))) || is_compiler_name(last_part(name)) ||
         is_called_compiler(name);
}

bool find_tool(char **command, struct tool *tool) {
  *tool = (struct tool){.at = -1};
  bool behind_launcher = false;
  for (int at = 0; command[at] != NULL; at++) {
    const char *word = command[at];
    // Options, assignments and numbers of a launcher: `env -i A=b`, `nice -n 10`, `timeout 5m`.
    if (behind_launcher && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9') || strchr(word, '=') != NULL))
      continue;
    const char *name = name_of(word);
    if (!is_launcher(name)) {
      tool->at = at;
      tool->kind = kind_of(name);
      tool->family = family_of(name);
      tool->known = is_known(name, tool);
      tool->windows = matches(name, &windows_names);
      return true;
    }
    behind_launcher = true;
    if (matches(name, &distributors)) tool->distributed = true;
    if (matches(name, &caches)) tool->cached = true;
  }
  return false;
}
