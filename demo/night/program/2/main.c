/* Counts the words of its standard input, and the letters in them. */
#include <stdio.h>
#include <string.h>

int main(void)
{
  char word[100];
  int words = 0;
  size_t letters = 0;
  while (scanf("%99s", word) == 1) {
    words++;
    letters += strlen(word);
  }
  printf("%d words of %zu letters\n", words, letters);
  return 0;
}
