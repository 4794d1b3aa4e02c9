#include "included_names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lock.h"
#include "program.h"

/** No file system has longer names of directories and files in a path that is worth looking at. */
enum { LONGEST_NAME = 1024 };

/** Whatever stands between an opening and the next closing mark: more than there is, never less. */
static void add_names_of_line(const char *line, const char *end, const char *directory, struct included_names *included) {
  for (const char *at = line; at < end; at++) {
    if (*at != '<' && *at != '"') continue;
    const char *close = memchr(at + 1, *at == '<' ? '>' : '"', (size_t)(end - at - 1));
    if (close == NULL || close == at + 1 || close - at > LONGEST_NAME) continue;
    char *name = copy_of(at + 1, (size_t)(close - at - 1));
    add_new_word(&included->names, name);
    if (*at == '"') add_new_word(&included->beside, joined(directory, "/", name, NULL));
  }
}

void add_included_names(char *spliced, const char *path, struct included_names *included) {
  const char *directory = directory_of(path);
  for (char *line = spliced, *next; line != NULL; line = next) {
    char *end = strchrnul(line, '\n');
    next = *end == '\n' ? end + 1 : NULL;
    *end = '\0';
    if (strchr(line, '#') == NULL && strstr(line, "%:") == NULL && strstr(line, "?\?=") == NULL) continue;
    add_names_of_line(line, end, directory, included);
  }
}

static bool is_other_name_of_input(const char *path, const struct words *inputs) {
  struct stat found;
  if (lstat(path, &found) != 0) return false;
  char *real = realpath(path, NULL);
  return real != NULL && strcmp(real, path) != 0 && has_word(inputs, real);
}

bool leads_over_link(const struct included_names *included, const struct words *directories, const struct words *inputs) {
  for (size_t word = 0; word < included->beside.count; word++) {
    if (is_other_name_of_input(absolute(included->beside.items[word].text), inputs)) return true;
  }
  for (size_t place = 0; place < directories->count; place++) {
    const char *directory = absolute(directories->items[place].text);
    for (size_t word = 0; word < included->names.count; word++) {
      if (is_other_name_of_input(joined(directory, "/", included->names.items[word].text, NULL), inputs)) return true;
    }
  }
  return false;
}
