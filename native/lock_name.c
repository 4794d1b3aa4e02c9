#include "lock_name.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "tables/locks.h"
#include "words.h"

uint64_t hash_of(const char *text) {
  uint64_t hash = HASH_START;
  for (; *text != '\0'; text++) hash = (hash ^ (unsigned char)*text) * HASH_FACTOR;
  return hash;
}

static char *hexadecimal(uint64_t value) {
  char digits[16];
  for (int index = 15; index >= 0; index--, value >>= 4) digits[index] = "0123456789abcdef"[value & 15];
  return copy_of(digits, sizeof digits);
}

char *short_name(const char *name) {
  size_t length = strlen(name);
  size_t kept = length < KEPT_OF_NAME ? length : KEPT_OF_NAME;
  // Not within a character of UTF-8; of what is none, three bytes are given up at most.
  for (int back = 0; back < 3 && kept < length && ((unsigned char)name[kept] & 0xc0) == 0x80; back++) kept--;
  return joined(copy_of(name, kept), "~", hexadecimal(hash_of(name)), NULL);
}

bool is_too_long(const char *path) {
  struct stat found;
  return lstat(path, &found) != 0 && errno == ENAMETOOLONG;
}

char *path_beside(const char *path, const char *ending) {
  const char *name = name_of(path);
  char *usual = joined(path, ending, NULL);
  if (strlen(name) + strlen(ending) <= FITS_EVERYWHERE || !is_too_long(usual)) return usual;
  return joined(copy_of(path, (size_t)(name - path)), short_name(name), ending, NULL);
}
