#pragma once

#include <stdbool.h>

#include "tables/side_files.h"

/** Which kind an option asks for. False for none. */
bool find_side_kind(const char *option, enum side_kind *kind);
