#include "pattern.h"

#include <stddef.h>
#include <string.h>

#include "words.h"

bool matches(const char *word, const struct pattern *pattern) {
  if (pattern->words != NULL && is_among(word, pattern->words)) return true;
  if (pattern->beginnings != NULL && begins_among(word, pattern->beginnings)) return true;
  for (const char *const *part = pattern->containing; part != NULL && *part != NULL; part++) {
    if (strstr(word, *part) != NULL) return true;
  }
  return false;
}

int meaning_of(const char *word, const struct rule *rules) {
  for (; rules->means != NO_RULE; rules++) {
    if (matches(word, &rules->pattern)) return rules->means;
  }
  return NO_RULE;
}
