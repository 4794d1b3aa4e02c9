/*
 * Answers questions, each a kind and a text, both ended by a null byte (in a text, \1 stands for a null byte): the words
 * that are found, one a line, or `?`, or a sentence; then a null byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/dependency_rule.h"
#include "../../native/inputs.h"
#include "../../native/sha256.h"
#include "../../native/source_text.h"

static void show(bool certain, const struct words *words) {
  if (!certain) printf("?\n");
  for (size_t word = 0; certain && word < words->count; word++) printf("%s\n", words->items[word].text);
}

/** A moment, then a line for each input (i), directory (d, q) and question (a). */
static const char *judgement(char *text) {
  struct reading reading = {0};
  file_moment before = strtoll(text, &text, 10);
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    struct words *words = line[0] == 'i'   ? &reading.inputs
                          : line[0] == 'd' ? &reading.directories
                          : line[0] == 'q' ? &reading.quote_directories
                                           : &reading.asked;
    add_word(words, copy_of(line + 1, strlen(line + 1)), -1);
  }
  const char *why = why_other_inputs(&reading, before);
  return why == NULL ? "" : why;
}

int main(void) {
  char *kind = NULL, *text = NULL;
  size_t kind_size = 0, text_size = 0;
  ssize_t length;
  while (getdelim(&kind, &kind_size, '\0', stdin) > 0 && (length = getdelim(&text, &text_size, '\0', stdin)) > 0) {
    // Without an end after it: what reads beyond is seen by the sanitizer.
    char *exact = malloc((size_t)length);
    memcpy(exact, text, (size_t)--length);
    for (char *at = exact; at < exact + length; at++) {
      if (*at == '\1') *at = '\0';
    }
    struct words words = {0};
    char digest[SHA256_TEXT];
    if (strcmp(kind, "sha256") == 0) sha256_text(exact, (size_t)length, digest), puts(digest);
    if (strcmp(kind, "rule") == 0) show(read_dependency_rule(exact, (size_t)length, &words), &words);
    if (strcmp(kind, "source") == 0) show(read_source_text(exact, (size_t)length, &words), &words);
    if (strcmp(kind, "reading") == 0) fputs(judgement(copy_of(exact, (size_t)length)), stdout);
    putchar('\0');
    free(exact);
  }
  return 0;
}
