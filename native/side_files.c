#include "side_files.h"

bool find_side_kind(const char *option, enum side_kind *kind) {
  int found = meaning_of(option, side_options);
  if (found == NO_RULE) return false;
  *kind = (enum side_kind)found;
  return true;
}
