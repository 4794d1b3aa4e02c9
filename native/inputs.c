#include "inputs.h"

#include <string.h>

static void add_new(struct words *words, char *text) {
  for (size_t word = 0; word < words->count; word++) {
    if (strcmp(words->items[word].text, text) == 0) return;
  }
  add_word(words, text, -1);
}

static void add_all(struct words *words, const struct words *more) {
  for (size_t word = 0; word < more->count; word++) add_new(words, more->items[word].text);
}

static char *directory_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return copy_of(path, slash == NULL ? 0 : (size_t)(slash - path));
}

/** Without `./` and `//`. A `..` stays: behind a link it leads elsewhere. */
static char *plain(const char *path) {
  char *result = allocate(strlen(path) + 2), *to = result;
  for (const char *at = path;;) {
    at += strspn(at, "/");
    size_t length = strcspn(at, "/");
    if (length == 0) break;
    if (length != 1 || *at != '.') {
      *to++ = '/';
      to = mempcpy(to, at, length);
    }
    at += length;
  }
  if (to == result) *to++ = '/';
  *to = '\0';
  return result;
}

/** By what names an input may have been included: what remains of its path behind each directory. */
static void add_names(struct words *names, const char *input, const struct words *directories) {
  const char *path = plain(input);
  for (size_t word = 0; word < directories->count; word++) {
    const char *directory = directories->items[word].text;
    size_t length = strlen(directory);
    if (length == 1) length = 0;
    if (strncmp(path, directory, length) != 0 || path[length] != '/' || path[length + 1] == '\0') continue;
    add_new(names, copy_of(path + length + 1, strlen(path + length + 1)));
  }
}

static const char *why_other_file(const char *path, file_moment before) {
  struct found found = follow(path, before);
  if (found.kind == FOUND_UNCLEAR || (found.kind != FOUND_ABSENT && !found.settled)) {
    return joined(path, " has appeared", NULL);
  }
  // Gcc takes a precompiled header for the header, and its dependency file does not say so.
  const char *precompiled = joined(path, ".gch", NULL);
  if (follow(precompiled, before).kind != FOUND_ABSENT) return joined(precompiled, " is there", NULL);
  return NULL;
}

static struct found answer(const char *name, const char *directory, file_moment before) {
  return follow(name[0] == '/' ? name : joined(directory, "/", name, NULL), before);
}

static const char *why_other_answer(const char *question, const struct words *searched, const struct words *all,
                                    file_moment before) {
  const char *name = copy_of(question + 1, strlen(question) - 2);
  // One that is looked into in any case decides alone.
  for (size_t word = 0; word < searched->count; word++) {
    struct found found = answer(name, searched->items[word].text, before);
    if (found.kind == FOUND_FILE && found.settled) return NULL;
  }
  for (size_t word = 0; word < all->count; word++) {
    struct found found = answer(name, all->items[word].text, before);
    if (found.kind == FOUND_UNCLEAR || !found.settled) {
      return joined("whether there is ", question, " may have changed", NULL);
    }
  }
  return NULL;
}

/** Gcc includes it by itself where there is one, and says nothing where there is none. */
static char ALWAYS_ASKED[] = "<stdc-predef.h>";

const char *why_other_inputs(const struct reading *reading, file_moment before) {
  struct words directories = {0}, plain_directories = {0}, names = {0}, asked = {0};
  add_all(&directories, &reading->directories);
  add_all(&directories, &reading->quote_directories);
  for (size_t word = 0; word < reading->inputs.count; word++) {
    const char *input = reading->inputs.items[word].text;
    struct found found = follow(input, before);
    if (found.kind != FOUND_FILE || !found.settled) return joined(input, " has changed", NULL);
    add_new(&directories, directory_part(input));
  }
  for (size_t word = 0; word < directories.count; word++) add_new(&plain_directories, plain(directories.items[word].text));
  for (size_t word = 0; word < reading->inputs.count; word++) {
    add_names(&names, reading->inputs.items[word].text, &plain_directories);
  }
  for (size_t name = 0; name < names.count; name++) {
    for (size_t word = 0; word < directories.count; word++) {
      const char *path = joined(directories.items[word].text, "/", names.items[name].text, NULL);
      const char *why = why_other_file(path, before);
      if (why != NULL) return why;
    }
  }
  add_new(&asked, ALWAYS_ASKED);
  add_all(&asked, &reading->asked);
  for (size_t word = 0; word < asked.count; word++) {
    const char *why = why_other_answer(asked.items[word].text, &reading->directories, &directories, before);
    if (why != NULL) return why;
  }
  return NULL;
}
