#include "named_outputs.h"

#include <string.h>

#include "words.h"

/** `-alns=`: the assembler's listing, with letters for what is in it. */
static bool is_listing(const char *option) {
  return begins(option, "-a") && option[2 + strspn(option + 2, LISTING_LETTERS)] == '=';
}

const char *named_output(enum reader reader, const char *option, bool *next) {
  if (reader == READER_LINKER && begins(option, "--")) option++;
  *next = matches(option, &naming_options[reader].next);
  bool listing = reader != READER_LINKER && is_listing(option);
  if (*next || !(listing || matches(option, &naming_options[reader].glued))) return NULL;
  const char *equals = strchr(option, '=');
  return equals == NULL || equals[1] == '\0' ? NULL : equals + 1;
}
