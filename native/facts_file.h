#pragma once

#include "facts.h"

/** Reads a file of our own user in a directory; a link, another user's file or one that is too long is not read. */
bool read_own_file(int directory, const char *name, struct buffer *content);

/** Writes one, which appears whole under its name or not at all. */
void write_own_file(int directory, const char *name, const struct buffer *content);

/** Facts that can be relied on, if there are any. */
bool read_facts_file(int directory, const char *name, struct facts *facts);
void write_facts_file(int directory, const char *name, const struct facts *facts);
