#include "archive_command.h"

#include <string.h>

static const char *const separate[] = {
  "--plugin", "--target", "--output", "--record-libdeps", "--format", "-format", NULL
};

static bool tells_about_itself(const char *text) { return strcmp(text, "--version") == 0 || strcmp(text, "--help") == 0; }

/** `-X32_64` for AIX, and `-format=gnu` of llvm-ar, are no key letters. */
static bool has_no_letters(const char *text) { return begins(text, "--") || begins(text, "-X") || begins(text, "-format="); }

/** The key letters that were given. */
struct letters {
  bool given[256];
};

static void give(struct letters *letters, const char *text) {
  for (; *text != '\0'; text++) letters->given[(unsigned char)*text] = true;
}

static bool has_one_of(const struct letters *letters, const char *wanted) {
  for (; *wanted != '\0'; wanted++) {
    if (letters->given[(unsigned char)*wanted]) return true;
  }
  return false;
}

int changed_archive(const struct words *words) {
  struct letters letters = {0};
  struct words names = {0};
  for (size_t index = 0; index < words->count; index++) {
    char *text = words->items[index].text;
    if (tells_about_itself(text)) return -1;
    if (is_among(text, separate)) index++;
    else if (has_no_letters(text)) continue;
    else if (text[0] == '-') give(&letters, text + 1);
    else if (names.count == 0 && !has_one_of(&letters, "dmpqrstx")) give(&letters, text);
    else add_word(&names, text, (int)index);
  }
  // `l` takes an argument in newer versions and none in older ones; M reads a script, V and h tell about ar.
  if (!has_one_of(&letters, "dmqrs") || has_one_of(&letters, "tpxlMVh")) return -1;
  size_t before = (has_one_of(&letters, "abi") ? 1 : 0) + (has_one_of(&letters, "N") ? 1 : 0);
  return before < names.count ? names.items[before].at : -1;
}

int indexed_archive(const struct words *words) {
  int archive = -1;
  for (size_t index = 0; index < words->count; index++) {
    const char *text = words->items[index].text;
    if (strcmp(text, "--plugin") == 0) index++;
    else if (begins(text, "--") || (text[0] == '-' && strpbrk(text, "vVhH") != NULL)) return -1;
    else if (text[0] != '-' && archive >= 0) return -1;
    else if (text[0] != '-') archive = (int)index;
  }
  return archive;
}
