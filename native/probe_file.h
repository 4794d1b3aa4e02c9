#pragma once

#include "probe.h"

/**
 * What the compiler of a recipe reads and where it looks: as it has said before, to us or to another one, where nothing has
 * changed since; else it is asked, and that is written down in a directory.
 */
bool know_compiler(int directory, const struct recipe *recipe, struct probe *probe);
