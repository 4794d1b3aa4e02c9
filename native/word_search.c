#include "word_search.h"

#include <string.h>
#include <strings.h>

#include "words.h"

enum { SKIPS = 4096 };

/** Two bytes, without regard to the case of letters. */
static size_t pair_at(const char *at) {
  size_t one = (unsigned char)at[0] | 0x20, other = (unsigned char)at[1] | 0x20;
  return (one * 67 + other) % SKIPS;
}

struct word_search search_for(const char *const *words) {
  enum { LAST_PAIR = SHORTEST_WORD - 2 };
  unsigned char *skips = allocate(SKIPS);
  memset(skips, LAST_PAIR + 1, SKIPS);
  for (const char *const *word = words; *word != NULL; word++) {
    for (size_t at = 0; at <= LAST_PAIR; at++) {
      unsigned char *skip = &skips[pair_at(*word + at)];
      if (*skip > LAST_PAIR - at) *skip = (unsigned char)(LAST_PAIR - at);
    }
  }
  return (struct word_search){words, skips};
}

const char *next_word_found(const struct word_search *search, const char *from, const char *end, const char **word) {
  const char *at = from;
  while (end - at >= SHORTEST_WORD) {
    size_t skip = search->skips[pair_at(at + SHORTEST_WORD - 2)];
    if (skip > 0) {
      at += skip;
      continue;
    }
    for (const char *const *each = search->words; *each != NULL; each++) {
      size_t length = strlen(*each);
      if ((size_t)(end - at) < length || strncasecmp(at, *each, length) != 0) continue;
      *word = *each;
      return at;
    }
    at++;
  }
  return NULL;
}
