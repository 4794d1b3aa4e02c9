#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/** What there was to hear and to see at the end of a command that made a product. */
struct hearing {
  /** False: it made none, or could not be heard. */
  bool heard;
  char *messages;
  size_t length;
  /** The product, when it had been made. */
  struct stat made;
  /** The dependency file beside it, where the command asks for one. */
  struct stat beside;
  long long took_ms;
};

/** What a command says on standard error, kept until it has ended. */
struct messages {
  /** Standard error itself, and what takes its place; -1 where nothing is kept. */
  int shown, kept;
};

/** Begins to keep what is written to standard error, if it can. */
struct messages keep_messages(void);

/** A copy of what was kept. */
bool copy_messages(struct messages messages, struct hearing *hearing);

/** Ends that, and shows what was kept with one name in the place of another. */
void show_messages(struct messages messages, const char *name, const char *instead);
