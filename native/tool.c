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
  const char *last = last_part(bare);
  if (strcmp(last, "ar") == 0) return TOOL_ARCHIVER;
  if (strcmp(last, "ranlib") == 0) return TOOL_INDEXER;
  if (strcmp(last, "ld") == 0 || strcmp(last, "lld") == 0) return TOOL_LINKER;
  if (begins(name, "ld.") || strstr(name, "-ld.") != NULL) return TOOL_LINKER;
  if (strcmp(last, "libtool") == 0 || strcmp(bare, "libtool.sh") == 0) return TOOL_LIBTOOL;
  return strcmp(last, "nvcc") == 0 ? TOOL_NVCC : TOOL_COMPILER;
}

static enum tool_family family_of(const char *name) {
  if (strstr(name, "clang") != NULL) return FAMILY_CLANG;
  bool gcc = strstr(name, "gcc") != NULL || strstr(name, "g++") != NULL || strstr(name, "gfortran") != NULL;
  return gcc ? FAMILY_GCC : FAMILY_UNKNOWN;
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
    if (behind_launcher && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9') || strchr(word, '=') != NULL)) continue;
    const char *name = name_of(word);
    if (!is_launcher(name)) {
      tool->at = at;
      tool->kind = kind_of(name);
      tool->family = family_of(name);
      tool->known = is_known(name, tool);
      tool->windows = strstr(name, "mingw") != NULL || strstr(name, "cygwin") != NULL;
      return true;
    }
    behind_launcher = true;
    if (strcmp(name, "distcc") == 0 || strcmp(name, "icecc") == 0) tool->distributed = true;
    if (strcmp(name, "ccache") == 0 || strcmp(name, "sccache") == 0) tool->cached = true;
  }
  return false;
}
