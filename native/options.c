#include "options.h"

#include <string.h>

static bool read_verb(const char *word, enum verb *verb) {
  static const char *const names[] = {"compile", "link", "launch"};
  for (int index = 0; index <= VERB_LAUNCH; index++) {
    if (strcmp(word, names[index]) == 0) {
      *verb = index;
      return true;
    }
  }
  return false;
}

/** The value of `--name=value` or `--name value`; moves on to its last word. Null when this is another option. */
static char *value_of(const char *name, char ***argument) {
  char *word = **argument;
  size_t length = strlen(name);
  if (strncmp(word, name, length) != 0) return NULL;
  if (word[length] == '=') return word + length + 1;
  if (word[length] != '\0') return NULL;
  char *next = (*argument)[1];
  if (next == NULL || next[0] == '-') return NULL;
  ++*argument;
  return next;
}

bool read_options(char **arguments, struct options *options) {
  bool has_verb = false;
  *options = (struct options){.strategy = STRATEGY_AUTO};
  for (char **argument = arguments; *argument != NULL; argument++) {
    char *value;
    if (strcmp(*argument, "--") == 0) {
      options->command = argument + 1;
      break;
    }
    if ((value = value_of("--target", &argument)) != NULL) {
      options->target = value;
    } else if ((value = value_of("--strategy", &argument)) != NULL) {
      if (!strategy_of(value, strlen(value), &options->strategy)) return false;
    } else if (has_verb || !read_verb(*argument, &options->verb)) {
      return false;
    } else {
      has_verb = true;
    }
  }
  if (!has_verb || options->command == NULL || options->command[0] == NULL || options->command[0][0] == '\0') return false;
  bool has_target = options->target != NULL && options->target[0] != '\0';
  return options->verb == VERB_LAUNCH ? options->target == NULL : has_target;
}
