#include "strategy.h"

#include <string.h>

const char *strategy_name(enum strategy strategy) {
  return strategy == STRATEGY_AUTO ? "auto" : strategy_traits[strategy].name;
}

bool strategy_of(const char *word, size_t length, enum strategy *strategy) {
  for (int index = 0; index < STRATEGY_AUTO; index++) {
    const char *name = strategy_traits[index].name;
    if (strlen(name) == length && memcmp(name, word, length) == 0) {
      *strategy = index;
      return true;
    }
  }
  return false;
}
