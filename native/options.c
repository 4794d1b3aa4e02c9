#include "options.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "tables/locks.h"
#include "tables/messages.h"

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

/** The words before `--`. */
struct words_of_ours {
  const char *verb, *strategy;
  bool help, version, more;
};

/** False for an option that we do not know. */
static bool read_words(char **arguments, struct options *options, struct words_of_ours *words) {
  for (char **argument = arguments; *argument != NULL; argument++) {
    char *value;
    if (strcmp(*argument, "--") == 0) {
      options->command = argument + 1;
      return true;
    }
    if ((value = value_of("--target", &argument)) != NULL) options->target = value;
    else if ((value = value_of("--strategy", &argument)) != NULL) words->strategy = value;
    else if (strcmp(*argument, "--reuse") == 0) options->reuse = true;
    else if (strcmp(*argument, "--help") == 0 || strcmp(*argument, "-h") == 0) words->help = true;
    else if (strcmp(*argument, "--version") == 0) words->version = true;
    else if ((*argument)[0] == '-') return false;
    else if (words->verb != NULL) words->more = true;
    else words->verb = *argument;
  }
  return true;
}

/** What is wrong with the command line, or null. */
static const char *problem_of(struct options *options, const struct words_of_ours *words) {
  if (words->verb == NULL) return SAYS_VERB_MISSING;
  if (!read_verb(words->verb, &options->verb)) return text(SAYS_VERB_UNKNOWN, words->verb);
  bool launches = options->verb == VERB_LAUNCH;
  if (launches && options->target != NULL) return SAYS_TARGET_UNWANTED;
  if (!launches && (options->target == NULL || options->target[0] == '\0')) return SAYS_TARGET_MISSING;
  const char *strategy = words->strategy;
  options->in_etcd = strategy != NULL && strcmp(strategy, IN_ETCD) == 0;
  if (strategy != NULL && strcmp(strategy, "auto") != 0 && !options->in_etcd &&
      !strategy_of(strategy, strlen(strategy), &options->strategy)) {
    return text(SAYS_STRATEGY_UNKNOWN, strategy);
  }
  bool has_command = options->command != NULL && options->command[0] != NULL && options->command[0][0] != '\0';
  return words->more || !has_command ? SAYS_COMMAND_MISSING : NULL;
}

enum reading read_options(char **arguments, struct options *options, const char **problem) {
  struct words_of_ours words = {0};
  *options = (struct options){.strategy = STRATEGY_AUTO};
  if (!read_words(arguments, options, &words)) return FOREIGN_OPTIONS;
  if (words.help) return ASKED_FOR_HELP;
  if (words.version) return ASKED_FOR_VERSION;
  // The front itself asks TypeScript for that.
  if (words.verb != NULL && strcmp(words.verb, "settle") == 0) return FOREIGN_OPTIONS;
  *problem = problem_of(options, &words);
  return *problem == NULL ? READ_OPTIONS : WRONG_OPTIONS;
}

bool wants_reuse(const struct options *options) {
  const char *chosen = getenv("CT_LOCK_REUSE");
  if (chosen != NULL && strcmp(chosen, "0") == 0) return false;
  return options->reuse || options->verb == VERB_LAUNCH;
}
