#pragma once

#include <stdbool.h>

#include "strategy.h"

enum verb { VERB_COMPILE, VERB_LINK, VERB_LAUNCH };

/** Our own part of the command line. */
struct options {
  enum verb verb;
  /** What is produced; null with VERB_LAUNCH. */
  char *target;
  enum strategy strategy;
  /** The command behind `--`, ended by null. */
  char **command;
};

/** Reads the command line. False for anything that is not plainly right: TypeScript knows the rest, and what to say. */
bool read_options(char **arguments, struct options *options);
