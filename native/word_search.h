#pragma once

#include <stddef.h>

/**
 * A search for several words at once in texts that have few of them. It looks at every few bytes only (Wu and Manber): two
 * neighbouring ones mostly tell that no word can end with them, or soon after.
 */
struct word_search {
  /** In lower case, found in any case, none shorter than SHORTEST_WORD; ends with null. */
  const char *const *words;
  unsigned char *skips;
};

enum { SHORTEST_WORD = 5 };

struct word_search search_for(const char *const *words);

/** The first place from a place on where a word begins, and which; null where there is none. */
const char *next_word_found(const struct word_search *search, const char *from, const char *end, const char **word);
