#pragma once

#include <stdbool.h>

#include "tables/side_files.h"

/**
 * The file that an option names as one to write, besides -o and the dependency file: a map, a listing, diagnostics.
 *
 * @param next set when the argument that follows for the same reader is that file
 * @return null when the option names none by itself
 */
const char *named_output(enum reader reader, const char *option, bool *next);
