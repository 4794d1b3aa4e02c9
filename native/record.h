#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "owner.h"

/** Tells two markers of one name apart: inode and text, because inode numbers are soon used again. */
struct identity {
  ino_t inode;
  char record[LONGEST_RECORD];
};

enum created { CREATED, TAKEN_ALREADY, NOT_CREATED };

/**
 * Creates the file that names a lock's owner, with our name. NOT_CREATED comes with errno, and the file is removed again
 * when only writing it failed (a full disk). See src/locks/record-file.ts.
 */
enum created create_record(const char *path, const char *target, struct identity *identity);

/** Reads an owner record. False, with errno, for what has no place there (a symbolic link, a FIFO) and other trouble. */
bool read_record(const char *path, struct sighting *sighting, struct identity *identity);

/** Whether the record of that path is the one of that identity. */
bool is_still(const char *path, const struct identity *identity);

/** Moves a lock out of the way, which frees it for all others at once. The new path, or null with errno. */
char *move_away(const char *path);
