#include "included_names.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lookup.h"
#include "path.h"
#include "program.h"

/** No file system has longer names of directories and files in a path that is worth looking at. */
enum { LONGEST_INCLUDED = 1024 };

/** Whatever stands between an opening and the next closing mark: more than there is, never less. */
static void add_names_of_line(const char *line, const char *end, const char *directory,
                              struct included_names *included) {
  for (const char *at = line; at < end; at++) {
    if (*at != '<' && *at != '"') continue;
    const char *close = memchr(at + 1, *at == '<' ? '>' : '"', (size_t)(end - at - 1));
    if (close == NULL || close == at + 1 || close - at > LONGEST_INCLUDED) continue;
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
    if (line[strcspn(line, "#%?")] == '\0') continue;
    if (strchr(line, '#') == NULL && strstr(line, "%:") == NULL && strstr(line, "?\?=") == NULL) continue;
    add_names_of_line(line, end, directory, included);
  }
}

static bool is_other_name_of_input(const char *path, const struct words *inputs) {
  char *real = realpath(path, NULL);
  return real != NULL && strcmp(real, path) != 0 && has_word(inputs, real);
}

bool leads_over_link(const struct included_names *included, const struct words *directories,
                     const struct words *inputs) {
  forget_lookups();
  const file_moment settled = before_moment(file_clock());
  for (size_t word = 0; word < included->beside.count; word++) {
    const char *path = absolute(included->beside.items[word].text);
    if (follow(path, settled).kind != FOUND_ABSENT && is_other_name_of_input(path, inputs)) return true;
  }
  for (size_t place = 0; place < directories->count; place++) {
    const char *directory = absolute(directories->items[place].text);
    const struct way *way = way_to(directory, settled);
    for (size_t word = 0; word < included->names.count; word++) {
      const char *name = included->names.items[word].text;
      if (follow_from(way, name, "", settled).kind == FOUND_ABSENT) continue;
      if (is_other_name_of_input(joined(directory, "/", name, NULL), inputs)) return true;
    }
  }
  return false;
}
