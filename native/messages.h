#pragma once

#include <stdbool.h>

/** What a command says on standard error, kept until it has ended. */
struct messages {
  /** Standard error itself, and what takes its place; -1 where nothing is kept. */
  int shown, kept;
};

/** Begins to keep what is written to standard error, if it can. */
struct messages keep_messages(void);

/** Ends that, and shows what was kept with one name in the place of another. */
void show_messages(struct messages messages, const char *name, const char *instead);
