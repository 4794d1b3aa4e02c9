/* Counts the words of its standard input, the letters in them, and how many are different. */
#include <stdio.h>
#include <string.h>
#include "table.h"

int main(void)
{
  char word[100];
  int words = 0;
  int different = 0;
  size_t letters = 0;
  while (scanf("%99s", word) == 1) {
    words++;
    letters += strlen(word);
    different += is_new(word);
  }
  printf("%d words of %zu letters, %d different\n", words, letters, different);
  return 0;
}
