#pragma once

#include <stdbool.h>

#include "words.h"

/** By what names the inputs of a compile may have been included. */
struct included_names {
  /** Those in brackets or quotes, once each. */
  struct words names;
  /** Where those in quotes lead from the directory of the file that they stand in, once each. */
  struct words beside;
};

/**
 * Adds what stands in brackets or quotes on the lines of directives of an input: names of files, and some others.
 *
 * @param spliced its text, as of `without_splices`; is changed
 * @param path the input's
 */
void add_included_names(char *spliced, const char *path, struct included_names *included);

/**
 * Whether an input is named otherwise than it was included, for a link on the way: where that is shorter, gcc writes down what a
 * header of the system is called without links. Such a link may lead elsewhere later.
 */
bool leads_over_link(const struct included_names *included, const struct words *directories,
                     const struct words *inputs);
