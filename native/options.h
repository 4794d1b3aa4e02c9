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
  /** The lock needs no file system: TypeScript holds it. */
  bool in_etcd;
  /** What another one has just made may be taken: asked for. */
  bool reuse;
  /** The command behind `--`, ended by null. */
  char **command;
};

/** FOREIGN_OPTIONS: TypeScript knows the rest, and what to say of it. WRONG_OPTIONS: it makes no sense. */
enum reading { READ_OPTIONS, ASKED_FOR_HELP, ASKED_FOR_VERSION, WRONG_OPTIONS, FOREIGN_OPTIONS };

/**
 * Reads the command line, as readHelperArguments does.
 *
 * @param problem of WRONG_OPTIONS: what is wrong
 */
enum reading read_options(char **arguments, struct options *options, const char **problem);

/** Whether what another one has just made may be taken: with VERB_LAUNCH unless CT_LOCK_REUSE is 0, else where it is asked for. */
bool wants_reuse(const struct options *options);
