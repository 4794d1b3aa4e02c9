#pragma once

#include <stdbool.h>

/** What words belong to something: the same as in src/tables/pattern.ts. Each list ends with null, or is null. */
struct pattern {
  const char *const *words;
  /** Or they begin so. */
  const char *const *beginnings;
  /** Or this is in them. */
  const char *const *containing;
};

enum { NO_RULE = -1 };

struct rule {
  /** NO_RULE ends a list of rules. */
  int means;
  struct pattern pattern;
};

bool matches(const char *word, const struct pattern *pattern);

/** What the first rule that fits says; NO_RULE where none does. */
int meaning_of(const char *word, const struct rule *rules);
