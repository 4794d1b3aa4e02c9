#include "probe_file.h"

#include <string.h>

#include "clock.h"
#include "facts_file.h"
#include "report.h"

/** An answer is not relied on for longer. */
enum { LASTS_S = 600 };

static const char FIRST[] = "stagelock probe 1\n", LAST[] = "end\n";

/** @param name the one that the file was written under: others who may write to the directory can give it another one */
static bool read_probe(char *text, size_t length, const char *name, struct probe *probe, struct instant *asked) {
  *probe = (struct probe){0};
  const char *stop = text + length;
  if (length < sizeof LAST - 1 || memcmp(stop - (sizeof LAST - 1), LAST, sizeof LAST - 1) != 0 || !begins(text, FIRST))
    return false;
  bool dated = false, named = false;
  for (char *line = text + sizeof FIRST - 1, *end; (end = memchr(line, '\n', (size_t)(stop - line))) != NULL;
       line = end + 1) {
    *end = '\0';
    if (strcmp(line, "end") == 0) return dated && named && end + 1 == stop;
    if (begins(line, "asked ")) dated = read_instant(line + 6, asked);
    else if (begins(line, "of ")) named = strcmp(line + 3, name) == 0;
    else if (!read_probe_line(line, probe)) return false;
  }
  return false;
}

static bool knows_already(int directory, const char *name, struct probe *probe) {
  struct buffer content = {0};
  struct instant asked, now;
  if (!read_own_file(directory, name, &content) || !read_probe(content.bytes, content.length, name, probe, &asked))
    return false;
  long long age = read_clocks(&now) && is_same_clock(asked.ahead, now.ahead) ? now.file - asked.file : -1;
  return age >= 0 && age < LASTS_S * 1000000000LL && why_other_compiler(probe, before_moment(asked.file)) == NULL;
}

bool know_compiler(int directory, const struct recipe *recipe, struct probe *probe) {
  const char *name = joined(recipe->search_digest, ".probe", NULL);
  if (knows_already(directory, name, probe)) return true;
  struct instant asked;
  struct buffer content = {0};
  if (!read_clocks(&asked) || !probe_compiler(recipe, probe)) return false;
  for (size_t word = 0; word < recipe->absent.count; word++)
    add_word(&probe->absent, recipe->absent.items[word].text, -1);
  add_texts(&content, FIRST, "of ", name, "\n", text("asked %lld %lld\n", asked.file, asked.ahead), NULL);
  if (!add_probe(&content, probe)) return false;
  add_texts(&content, LAST, NULL);
  write_own_file(directory, name, &content);
  return true;
}
