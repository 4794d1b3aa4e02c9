#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "mounts.h"
#include "program.h"
#include "recipe_options.h"
#include "source_text.h"
#include "surroundings.h"

/** Changes with the meaning of what is written down. */
static const char VERSION[] = "recipe 1";

/** `x86_64-linux-gnu-g++-12`, `clang`: behind a triplet, before a version. A cache under such a name is a link to another. */
static bool is_compiler(const char *path) {
  static const char *const names[] = {"gcc", "g++", "cc", "c++", "clang", "clang++", NULL};
  const char *name = name_of(path);
  size_t length = strlen(name);
  while (length > 0 && strchr("-.0123456789", name[length - 1]) != NULL) length--;
  const char *bare = copy_of(name, length), *dash = strrchr(bare, '-');
  return is_among(dash == NULL ? bare : dash + 1, names);
}

static bool find_compiler(const char *name, struct recipe *recipe, bool *plus) {
  recipe->program = find_program(name, &recipe->absent);
  const char *real = recipe->program == NULL ? NULL : realpath(recipe->program, NULL);
  if (real == NULL) return false;
  *plus = strstr(name_of(name), "++") != NULL || strstr(name_of(real), "++") != NULL;
  return is_compiler(name) && is_compiler(real) && is_binary(real);
}

/** `g++` takes a.c for C++. */
static const char *language_of(const char *source, bool plus) {
  static const char *const endings[] = {"cc", "cp", "cxx", "cpp", "CPP", "c++", "C", NULL};
  const char *dot = strrchr(name_of(source), '.');
  if (dot == NULL) return NULL;
  if (strcmp(dot, ".c") == 0) return plus ? NULL : "c";
  return is_among(dot + 1, endings) ? "c++" : NULL;
}

static bool is_certain_definition(const char *definition) {
  struct words asked = {0};
  return read_source_text(definition, strlen(definition), &asked) && asked.count == 0;
}

/** What an option means for the recipe. @param next its argument, or null */
static bool read_option(const char *word, const char *next, enum option_kind kind, struct recipe *recipe) {
  if (strcmp(word, "-MD") == 0) recipe->names_dependencies = true;
  switch (kind) {
    case OPTION_UNCERTAIN:
      return false;
    case OPTION_DEFINE:
      return is_certain_definition(word + 2);
    case OPTION_DEFINE_NEXT:
      return is_certain_definition(next);
    case OPTION_INPUT_NEXT:
      recipe->searches_here = true;
      return true;
    case OPTION_SEARCH:
    case OPTION_SEARCH_NEXT:
      add_word(&recipe->searching, (char *)word, -1);
      if (next != NULL) add_word(&recipe->searching, (char *)next, -1);
      return true;
    default:
      return true;
  }
}

static bool takes_next_word(enum option_kind kind) {
  switch (kind) {
    case OPTION_PLAIN_NEXT:
    case OPTION_SEARCH_NEXT:
    case OPTION_DEFINE_NEXT:
    case OPTION_INPUT_NEXT:
    case OPTION_OUTPUT_NEXT:
    case OPTION_DEPENDENCIES_NEXT:
      return true;
    default:
      return false;
  }
}

static bool read_words(char *const *command, bool plus, struct recipe *recipe) {
  int modes = 0, outputs = 0, dependencies = 0;
  add_word(&recipe->searching, command[0], -1);
  for (char *const *word = command + 1; *word != NULL; word++) {
    if ((*word)[0] == '@' || (*word)[0] == '\0') return false;
    if ((*word)[0] != '-') {
      if (recipe->source != NULL) return false;
      recipe->source = *word;
      continue;
    }
    enum option_kind kind = option_kind(*word);
    const char *option = *word, *next = takes_next_word(kind) ? *++word : NULL;
    if (takes_next_word(kind) && (next == NULL || next[0] == '@')) return false;
    if (!read_option(option, next, kind, recipe)) return false;
    modes += kind == OPTION_MODE;
    outputs += kind == OPTION_OUTPUT_NEXT;
    dependencies += kind == OPTION_DEPENDENCIES || kind == OPTION_DEPENDENCIES_NEXT;
  }
  if (modes != 1 || outputs > 1 || recipe->source == NULL) return false;
  // -MF without -MD is an error, which it would not be with a -MD of ours.
  if (dependencies > 0 && !recipe->names_dependencies) return false;
  return (recipe->language = language_of(recipe->source, plus)) != NULL;
}

bool read_recipe(char *const *command, struct recipe *recipe) {
  *recipe = (struct recipe){0};
  bool plus = false;
  if (!find_compiler(command[0], recipe, &plus) || !read_words(command, plus, recipe)) return false;
  struct buffer all = {0}, search = {0};
  add_field(&all, VERSION);
  add_field(&all, recipe->program);
  if (!add_surroundings(&all)) return false;
  add_bytes(&search, all.bytes, all.length);
  add_field(&search, recipe->language);
  if (!read_mounts(&search)) return false;
  for (size_t word = 0; word < recipe->searching.count; word++) add_field(&search, recipe->searching.items[word].text);
  for (char *const *word = command; *word != NULL; word++) add_field(&all, *word);
  sha256_text(all.bytes, all.length, recipe->digest);
  sha256_text(search.bytes, search.length, recipe->search_digest);
  return true;
}
