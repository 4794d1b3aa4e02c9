#include "words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tables/compiles.h"

static void out_of_memory(void) {
  static const char message[] = "ct-lock-helper: out of memory\n";
  if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(OWN_ERROR);
  _exit(OWN_ERROR);
}

void *allocate(size_t size) {
  void *memory = malloc(size == 0 ? 1 : size);
  if (memory == NULL) out_of_memory();
  return memory;
}

char *copy_of(const char *text, size_t length) {
  char *copy = allocate(length + 1);
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *joined(const char *first, ...) {
  va_list rest;
  size_t length = 0;
  va_start(rest, first);
  for (const char *part = first; part != NULL; part = va_arg(rest, const char *)) length += strlen(part);
  va_end(rest);
  char *whole = allocate(length + 1);
  char *end = whole;
  va_start(rest, first);
  for (const char *part = first; part != NULL; part = va_arg(rest, const char *)) end = stpcpy(end, part);
  va_end(rest);
  *end = '\0';
  return whole;
}

bool begins(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

bool is_among(const char *text, const char *const *list) {
  for (; *list != NULL; list++) {
    if (strcmp(text, *list) == 0) return true;
  }
  return false;
}

bool begins_among(const char *text, const char *const *list) {
  for (; *list != NULL; list++) {
    if (begins(text, *list)) return true;
  }
  return false;
}

const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

const char *stem_of(const char *path) {
  const char *name = name_of(path);
  const char *dot = strrchr(name, '.');
  if (dot == name) return NULL;
  return dot == NULL ? path : copy_of(path, (size_t)(dot - path));
}

void add_word(struct words *words, char *text, int at) {
  if (words->count == words->capacity) {
    words->capacity = words->capacity == 0 ? 64 : words->capacity * 2;
    struct word *items = reallocarray(words->items, words->capacity, sizeof *items);
    if (items == NULL) out_of_memory();
    words->items = items;
  }
  words->items[words->count++] = (struct word){text, at};
}

bool has_word(const struct words *words, const char *text) {
  for (size_t word = 0; word < words->count; word++) {
    if (strcmp(words->items[word].text, text) == 0) return true;
  }
  return false;
}

void add_new_word(struct words *words, char *text) {
  if (!has_word(words, text)) add_word(words, text, -1);
}
