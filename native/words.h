#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Memory that is never freed. Without it the process ends with 125, the code of our own errors. */
void *allocate(size_t size);

/** The first bytes of a text as one of its own. */
char *copy_of(const char *text, size_t length);

/** One text after the other; the last parameter is null. */
char *joined(const char *first, ...) __attribute__((sentinel));

bool begins(const char *text, const char *beginning);

/** Whether a text is in a list that ends with null. */
bool is_among(const char *text, const char *const *list);
bool begins_among(const char *text, const char *const *list);

/** The last name of a path. */
const char *name_of(const char *path);

/** What stands before the ending of a path. Null for .foo, which for gcc has no ending. */
const char *stem_of(const char *path);

/** An argument as the compiler will see it. */
struct word {
  char *text;
  /** Its index in the command, or -1 for what stands in a response file. */
  int at;
};

/** A list that grows. */
struct words {
  struct word *items;
  size_t count, capacity;
};

void add_word(struct words *words, char *text, int at);

/** Whether a text is in a list. */
bool has_word(const struct words *words, const char *text);

/** Adds a text that is not in a list yet. */
void add_new_word(struct words *words, char *text);
