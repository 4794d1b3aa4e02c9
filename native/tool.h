#pragma once

#include <stdbool.h>

#include "tables/tools.h"

/** The program that does the work, behind ccache, env and the like. */
struct tool {
  /** Its index in the command. */
  int at;
  enum tool_kind kind;
  enum tool_family family;
  /** It links for Windows, so adds an ending of its own to outputs without one. */
  bool windows;
  /** One of the launchers before it caches objects; sends the work to other hosts. */
  bool cached, distributed;
  /** Its name is that of a compiler or linker, or CT_LOCK_COMPILERS names it. */
  bool known;
};

/** Finds the tool of a command. False when launchers are all there is (`ccache -s`). */
bool find_tool(char **command, struct tool *tool);
