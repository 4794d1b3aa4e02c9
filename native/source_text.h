#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "words.h"

/**
 * Looks through an input for what makes it uncertain that the same compile would give the same product again, although
 * every file that the dependency file names is unchanged. Comments and strings are not told from the rest. A name that is
 * pasted together by `##` is not seen: libstdc++ pastes on to `__has_` in what every source includes.
 *
 * @param asked gets what `__has_include` asks for, in its brackets or quotes: whether there is such a file decides
 * @returns false when it is uncertain
 */
bool read_source_text(const char *text, size_t length, struct words *asked);

/** The same of a text without splices. */
bool read_spliced_text(const char *spliced, struct words *asked);

/**
 * A copy in which no line that ends with a backslash, or its trigraph, goes on in the next one; gcc lets blanks stand between.
 * Null where a null byte is in it, behind which nothing would be seen.
 */
char *without_splices(const char *text, size_t length);
