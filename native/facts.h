#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "buffer.h"
#include "plan.h"
#include "probe.h"
#include "sha256.h"
#include "words.h"

/** Which file stands somewhere, to the last change of it; all 0 for none. */
struct identity_of_file {
  unsigned long long device, inode, size;
  long long modified, changed;
};

struct identity_of_file identity_of(const struct stat *found);

/** That of the regular file at a path. */
struct identity_of_file identify(const char *path);
bool is_same_file(const struct identity_of_file *one, const struct identity_of_file *other);

/** A product and what stands beside it: a compile with more than that is made without looking at what others made. */
enum { MOST_FILES = 2 };

/** What the maker of a product has written down of it: enough to say whether another one would make the same. */
struct facts {
  char recipe[SHA256_TEXT];
  /** When it began, by the clock of the files; and how far that was ahead of the time since the start of the host. */
  long long began, ahead;
  /** How long its compiler ran. */
  long long took_ms;
  /** The product first, then what stands beside it, as in the plan. */
  struct identity_of_file files[MOST_FILES];
  size_t file_count;
  /** What the compiler read: its inputs, and what they ask for; how it looks. */
  struct words inputs, asked;
  struct probe probe;
  /** What is mounted where it reads: a digest. */
  char mounts[SHA256_TEXT];
  /** What it said. */
  const char *messages;
  size_t message_length;
};

enum { MOST_FACTS = 1 << 20 };

/** Those of the mounts that are where the compiler reads by these facts. False where that is not known. */
bool digest_mounts(const struct facts *facts, const struct buffer *mounts, char digest[SHA256_TEXT]);

/** Writes facts as a text. False where a path cannot be written so, or they are too long. */
bool add_facts(struct buffer *buffer, const struct facts *facts);

/** Reads them from a text that is changed, and that they stand in afterwards. False where that is not all of them. */
bool read_facts(char *text, size_t length, struct facts *facts);
