/* Counts the words of its standard input. */
#include <stdio.h>

int main(void)
{
  char word[100];
  int words = 0;
  while (scanf("%99s", word) == 1)
    words++;
  printf("%d words\n", words);
  return 0;
}
