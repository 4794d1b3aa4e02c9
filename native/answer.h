#pragma once

#include <stdbool.h>

#include "buffer.h"

/** What a program is asked. */
struct question {
  /** Where it is; what it is called and its arguments, ended by null; what it finds in the environment besides ours. */
  const char *program;
  char **arguments;
  const char *setting;
  /** Whether what it says on standard error counts, or what it says on standard output. */
  bool on_error;
};

/** Runs a program that answers soon, with nothing to read. False when it fails, says too much, or does not end in time. */
bool ask_program(const struct question *question, struct buffer *answer);
