#include "tool.h"

#include <string.h>

#include "compiler_options.h"
#include "words.h"

static enum tool_kind kind_of(const char *name) {
  // x86_64-linux-gnu-gcc-ar-12 is an ar.
  size_t length = strlen(name);
  while (length > 0 && strchr("-.0123456789", name[length - 1]) != NULL) length--;
  const char *bare = copy_of(name, length);
  const char *dash = strrchr(bare, '-');
  const char *last = dash == NULL ? bare : dash + 1;
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
      tool->windows = strstr(name, "mingw") != NULL || strstr(name, "cygwin") != NULL;
      return true;
    }
    behind_launcher = true;
    if (strcmp(name, "ccache") == 0 || strcmp(name, "sccache") == 0) tool->cached = true;
  }
  return false;
}
