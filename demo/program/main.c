#include <stdio.h>
#include <string.h>
#include "change.h"

const char *letters_change(void);
const char *numbers_change(void);
const char *tables_change(void);
const char *digest_change(void);

/* Prints the change that all parts were compiled from. Parts of different changes are what must never happen. */
int main(void) {
  const char *parts[] = {letters_change(), numbers_change(), tables_change(), digest_change()};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (strcmp(parts[i], CHANGE) != 0) {
      printf("main of %s with part %zu of %s\n", CHANGE, i, parts[i]);
      return 1;
    }
  }
  puts(CHANGE);
  return 0;
}
