#include "archive_command.h"

#include <string.h>

#include "tables/tools.h"

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
    if (matches(text, &archive_questions)) return -1;
    if (matches(text, &archive_word_options)) index++;
    else if (matches(text, &archive_options)) continue;
    else if (text[0] == '-') give(&letters, text + 1);
    else if (names.count == 0 && !has_one_of(&letters, ARCHIVE_OPERATIONS)) give(&letters, text);
    else add_word(&names, text, (int)index);
  }
  if (!has_one_of(&letters, ARCHIVE_CHANGES) || has_one_of(&letters, ARCHIVE_READINGS)) return -1;
  size_t before = (has_one_of(&letters, ARCHIVE_PLACES) ? 1 : 0) + (has_one_of(&letters, ARCHIVE_COUNTS) ? 1 : 0);
  return before < names.count ? names.items[before].at : -1;
}

int indexed_archive(const struct words *words) {
  int archive = -1;
  for (size_t index = 0; index < words->count; index++) {
    const char *text = words->items[index].text;
    if (matches(text, &index_word_options)) index++;
    else if (begins(text, "--") || (text[0] == '-' && strpbrk(text, INDEX_QUESTIONS) != NULL)) return -1;
    else if (text[0] != '-' && archive >= 0) return -1;
    else if (text[0] != '-') archive = (int)index;
  }
  return archive;
}
