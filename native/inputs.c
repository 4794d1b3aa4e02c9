#include "inputs.h"

#include <stdlib.h>
#include <string.h>

#include "program.h"

static void add_all(struct words *words, const struct words *more) {
  for (size_t word = 0; word < more->count; word++) add_new_word(words, more->items[word].text);
}

static char *directory_part(const char *path) {
  const char *slash = strrchr(path, '/');
  if (slash == path) return copy_of("/", 1);
  return copy_of(path, slash == NULL ? 0 : (size_t)(slash - path));
}

/** Without `./` and `//`, nothing for the working directory. A `..` stays: behind a link it leads elsewhere. */
static char *plain(const char *path) {
  char *result = allocate(strlen(path) + 2), *to = result;
  for (const char *at = path;;) {
    at += strspn(at, "/");
    size_t length = strcspn(at, "/");
    if (length == 0) break;
    if (length != 1 || *at != '.') {
      if (to != result || path[0] == '/') *to++ = '/';
      to = mempcpy(to, at, length);
    }
    at += length;
  }
  if (to == result && path[0] == '/') *to++ = '/';
  *to = '\0';
  return result;
}

/** What remains of a path behind a directory; null if it is not there. */
static const char *name_behind(const char *path, const char *directory) {
  size_t length = strlen(directory);
  if (length == 0) return path[0] == '/' ? NULL : path;
  if (strncmp(path, directory, length) != 0) return NULL;
  if (directory[length - 1] == '/') return path + length;
  return path[length] == '/' ? path + length + 1 : NULL;
}

/** By what names an input may have been included: what remains of its path behind each directory. */
static void add_names(struct words *names, const char *input, const struct words *directories) {
  const char *path = plain(input);
  for (size_t word = 0; word < directories->count; word++) {
    const char *directory = directories->items[word].text;
    const char *name = name_behind(path, directory);
    if (name != NULL && name[0] != '\0') add_new_word(names, copy_of(name, strlen(name)));
  }
}

bool has_shortened(const struct words *directories, const struct words *inputs) {
  for (size_t word = 0; word < directories->count; word++) {
    const char *directory = plain(absolute(directories->items[word].text)), *real = realpath(directory, NULL);
    if (real == NULL || strcmp(real, directory) == 0) continue;
    for (size_t input = 0; input < inputs->count; input++) {
      const char *path = inputs->items[input].text;
      if (path[0] == '/' && name_behind(path, real) != NULL) return true;
    }
  }
  return false;
}

/** A directory that is searched, and the way there. */
struct searched {
  const char *path;
  const struct way *way;
};

static const char *why_other_file(const struct searched *directory, const char *name, file_moment before) {
  struct found found = follow_from(directory->way, name, "", before);
  if (found.kind == FOUND_UNCLEAR || (found.kind != FOUND_ABSENT && !found.settled)) {
    return joined(directory->path, "/", name, " has appeared", NULL);
  }
  // Gcc takes a precompiled header for the header, and its dependency file does not say so.
  if (follow_from(directory->way, name, ".gch", before).kind != FOUND_ABSENT) {
    return joined(directory->path, "/", name, ".gch is there", NULL);
  }
  // Clang, where an option includes it.
  if (follow_from(directory->way, name, ".pch", before).kind == FOUND_ABSENT) return NULL;
  return joined(directory->path, "/", name, ".pch is there", NULL);
}

/** The first `count` of the directories are looked into in any case. */
static const char *why_other_answer(const char *question, const struct searched *directories, size_t count, size_t all,
                                    file_moment before) {
  const char *name = copy_of(question + 1, strlen(question) - 2);
  bool same = true;
  for (size_t index = 0; index < all; index++) {
    struct found found = name[0] == '/' ? follow(name, before) : follow_from(directories[index].way, name, "", before);
    // One that is looked into in any case decides alone.
    if (index < count && found.kind == FOUND_FILE && found.settled) return NULL;
    if (found.kind == FOUND_UNCLEAR || !found.settled) same = false;
  }
  return same ? NULL : joined("whether there is ", question, " may have changed", NULL);
}

/** Gcc includes it by itself where there is one, and says nothing where there is none. */
static char ALWAYS_ASKED[] = "<stdc-predef.h>";

const char *why_other_inputs(const struct reading *reading, file_moment before) {
  struct words directories = {0}, plain_directories = {0}, names = {0}, asked = {0};
  add_all(&directories, &reading->directories);
  size_t bracketed = directories.count;
  add_all(&directories, &reading->quote_directories);
  for (size_t word = 0; word < reading->inputs.count; word++) {
    const char *input = reading->inputs.items[word].text;
    struct found found = follow(input, before);
    if (found.kind != FOUND_FILE || !found.settled) return joined(input, " has changed", NULL);
    add_new_word(&directories, directory_part(input));
  }
  for (size_t word = 0; word < directories.count; word++)
    add_new_word(&plain_directories, plain(directories.items[word].text));
  for (size_t word = 0; word < reading->inputs.count; word++) {
    add_names(&names, reading->inputs.items[word].text, &plain_directories);
  }
  struct searched *searched = allocate(directories.count * sizeof *searched);
  for (size_t word = 0; word < directories.count; word++) {
    const char *path = directories.items[word].text;
    searched[word] = (struct searched){path, way_to(path, before)};
  }
  for (size_t name = 0; name < names.count; name++) {
    for (size_t word = 0; word < directories.count; word++) {
      const char *why = why_other_file(&searched[word], names.items[name].text, before);
      if (why != NULL) return why;
    }
  }
  add_new_word(&asked, ALWAYS_ASKED);
  add_all(&asked, &reading->asked);
  for (size_t word = 0; word < asked.count; word++) {
    const char *question = asked.items[word].text;
    // A name in brackets is looked for nowhere else.
    size_t all = question[0] == '<' ? bracketed : directories.count;
    const char *why = why_other_answer(question, searched, bracketed, all, before);
    if (why != NULL) return why;
  }
  return NULL;
}
