#include "source_text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "word_search.h"
#include "words.h"

/** What may make it uncertain. The rest are names for the clock, files that the assembler reads, and precompiled headers. */
static const char INCLUDE[] = "include", EMBED[] = "embed", DEPENDENCY[] = "dependency";
static const char *const telling[] = {INCLUDE,         EMBED,    DEPENDENCY,       "__date__", "__time__",
                                      "__timestamp__", "incbin", "pch_preprocess", NULL};

static bool is_blank(char character) { return character == ' ' || character == '\t'; }

static bool is_of_word(char character) {
  bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
  return letter || (character >= '0' && character <= '9') || character == '_' || character == '$';
}

char *without_splices(const char *text, size_t length) {
  if (memchr(text, '\0', length) != NULL) return NULL;
  char *result = allocate(length + 1), *to = result;
  const char *stop = text + length;
  for (const char *at = text; at < stop;) {
    const char *plain = at;
    while (at < stop && *at != '\\' && *at != '?') at++;
    to = mempcpy(to, plain, (size_t)(at - plain));
    if (at == stop) break;
    size_t mark = 0;
    if (*at == '\\') mark = 1;
    else if (stop - at >= 3 && memcmp(at, "?\?/", 3) == 0) mark = 3;
    const char *end = at + mark;
    while (mark > 0 && end < stop && (is_blank(*end) || *end == '\r' || *end == '\f' || *end == '\v')) end++;
    if (mark > 0 && end < stop && *end == '\n') at = end + 1;
    else *to++ = *at++;
  }
  *to = '\0';
  return result;
}

/** Whether what stands before a place ends with something. */
static bool ends(const char *text, const char *end, const char *ending) {
  size_t length = strlen(ending);
  return (size_t)(end - text) >= length && memcmp(end - length, ending, length) == 0;
}

static bool ends_in_any_case(const char *text, const char *end, const char *ending) {
  size_t length = strlen(ending);
  return (size_t)(end - text) >= length && strncasecmp(end - length, ending, length) == 0;
}

/** The place behind which only blanks stand before another one. */
static const char *before_blanks(const char *text, const char *at) {
  while (at > text && is_blank(at[-1])) at--;
  return at;
}

/** `#embed`, `__has_embed`. A directive may begin with `#`, `%:` or the trigraph of `#`, and a comment may stand behind that. */
static bool embeds(const char *text, const char *at) {
  const char *before = before_blanks(text, at);
  return (before > text && strchr("#:=/", before[-1]) != NULL) || ends_in_any_case(text, at, "__has_");
}

/** Of the assembler, or for clang by a backslash: `#include "a\b.h"` may read a\b.h, while its dependency file names a/b.h. */
static bool includes_unnamed(const char *text, const char *at) {
  return ends(text, at, ".") || memchr(at, '\\', (size_t)(strchrnul(at, '\n') - at)) != NULL;
}

/** Of `#pragma GCC dependency "FILE"` the time of a file decides that is no input. */
static bool compares_dates(const char *text, const char *at) {
  const char *before = before_blanks(text, at);
  return ends(text, before, "*/") || ends_in_any_case(text, before, "gcc");
}

/** Whether a `#`, its digraph or trigraph, or a comment ends here. */
static bool may_begin_directive(const char *text, const char *end) {
  return ends(text, end, "#") || ends(text, end, "%:") || ends(text, end, "?\?=") || ends(text, end, "*/");
}

/** `#line 1 "FILE"`, `# 1 "FILE"`: gcc shows lines of that file, which is no input, and judges the indentation by them. */
static bool renames_lines(const char *text) {
  for (const char *at = text; (at = strpbrk(at, "#:=/")) != NULL;) {
    const char *mark = ++at;
    while (is_blank(*at)) at++;
    bool line = strncasecmp(at, "line", 4) == 0 && !is_of_word(at[4]);
    if ((!line && (*at < '0' || *at > '9')) || !may_begin_directive(text, mark)) continue;
    size_t length = strcspn(at, "\n");
    if (memchr(at, '"', length) != NULL && (line || is_blank(at[strspn(at, "0123456789")]))) return true;
    if (line && at[4 + strspn(at + 4, " \t0123456789")] != '\n') return true;
  }
  return false;
}

/** `<name>)` or `"name")`, without the parenthesis. */
static char *literal_at(const char *at) {
  while (is_blank(*at)) at++;
  char close;
  if (*at == '<') close = '>';
  else if (*at == '"') close = '"';
  else return NULL;
  const char *end = strchr(at + 1, close);
  if (end == NULL || end == at + 1) return NULL;
  char *name = copy_of(at, (size_t)(end + 1 - at));
  const char *after = end + 1;
  while (is_blank(*after)) after++;
  return strchr(name, '\n') != NULL || *after != ')' ? NULL : name;
}

/** Whether it is asked only whether the compiler has it, or a comment names it. */
static bool is_only_mentioned(const char *text, const char *begin, const char *end) {
  static const char *const before[] = {"ifdef", "ifndef", "defined", "defined(", NULL};
  const char *line = begin;
  while (line > text && line[-1] != '\n') line--;
  // Behind the end of a comment or a string, or as a word of a directive, it may be more than a mention.
  size_t before_it = (size_t)(begin - line);
  const char *stop = strstr(line, "*/"), *comment = strstr(line, "//");
  bool plain = strcspn(line, "\"'") >= before_it && (stop == NULL || stop >= begin);
  bool directive = strcspn(line, "#%?") < before_it;
  if (plain && !directive && is_of_word(*end)) return true;
  if (plain && comment != NULL && comment + 2 <= begin && *end == '\n') return true;
  const char *last = begin;
  while (last > line && is_blank(last[-1])) last--;
  for (const char *const *word = before; *word != NULL; word++) {
    if (ends(line, last, *word) && (last - line == (ptrdiff_t)strlen(*word) || !is_of_word((last - strlen(*word))[-1])))
      return true;
  }
  return false;
}

enum { BEFORE_INCLUDE = sizeof "has_" - 1 };

/** Adds the name that is asked for, if any. @param at where the `include` stands @returns false where that cannot be said */
static bool ask_at(const char *text, const char *at, struct words *asked) {
  const char *end = at + sizeof INCLUDE - 1, *begin = at - BEFORE_INCLUDE;
  bool whole = begin - text >= 2 && begin[-1] == '_' && begin[-2] == '_' &&
               !(begin - text >= 3 && is_of_word(begin[-3]));
  if (!whole || is_of_word(*end)) return false;
  while (is_blank(*end)) end++;
  if (*end != '(') return is_only_mentioned(text, begin - 2, end);
  char *name = literal_at(end + 1);
  if (name == NULL) return false;
  add_word(asked, name, -1);
  return true;
}

/** Whether an `include` is one of `has_include`. */
static bool asks(const char *text, const char *at) {
  return at - text >= BEFORE_INCLUDE && begins(at - BEFORE_INCLUDE, "has_include");
}

/** Whether what a word may make uncertain is certain. */
static bool is_certain_at(const char *text, const char *at, const char *word, struct words *asked) {
  if (word == INCLUDE) return !includes_unnamed(text, at) && (!asks(text, at) || ask_at(text, at, asked));
  if (word == EMBED) return !embeds(text, at);
  return word == DEPENDENCY && !compares_dates(text, at);
}

bool read_spliced_text(const char *spliced, struct words *asked) {
  static struct word_search search;
  if (search.words == NULL) search = search_for(telling);
  const char *end = spliced + strlen(spliced), *word;
  for (const char *at = spliced; (at = next_word_found(&search, at, end, &word)) != NULL; at++) {
    if (!is_certain_at(spliced, at, word, asked)) return false;
  }
  return !renames_lines(spliced);
}

bool read_source_text(const char *text, size_t length, struct words *asked) {
  char *spliced = without_splices(text, length);
  bool certain = spliced != NULL && read_spliced_text(spliced, asked);
  free(spliced);
  return certain;
}
