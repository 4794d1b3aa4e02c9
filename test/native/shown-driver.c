/* Answers texts, each ended by a null byte, with `shown` and `shell_word` of each, ended likewise. */
#include <stdio.h>
#include <string.h>

#include "../../native/shown.h"

int main(void) {
  static char text[1 << 16];
  size_t length = 0;
  for (int c; (c = getchar()) != EOF;) {
    if (length < sizeof text - 1) text[length++] = (char)c;
    if (c != '\0') continue;
    printf("%s%c%s%c", shown(text), 0, shell_word(text), 0);
    length = 0;
  }
  return 0;
}
