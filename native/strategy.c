#include "strategy.h"

#include <string.h>

static const char *const NAMES[] = {"lockdir", "cifs", "flock", "fcntl"};

const char *strategy_name(enum strategy strategy) { return strategy == STRATEGY_AUTO ? "auto" : NAMES[strategy]; }

bool strategy_of(const char *word, size_t length, enum strategy *strategy) {
  for (int index = 0; index < STRATEGY_AUTO; index++) {
    if (strlen(NAMES[index]) == length && memcmp(NAMES[index], word, length) == 0) {
      *strategy = index;
      return true;
    }
  }
  return false;
}
