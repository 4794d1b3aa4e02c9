#pragma once

#include "words.h"

/*
 * Reads the arguments of ar, `[options] [-]LETTERS [MEMBER] [COUNT] ARCHIVE FILE...`, and of ranlib.
 *
 * Both return the index of the argument that names the archive which is changed; -1 when none is changed, more than one
 * is, or it cannot be told.
 */
int changed_archive(const struct words *words);
int indexed_archive(const struct words *words);
