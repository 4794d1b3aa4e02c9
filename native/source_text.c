#include "source_text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

static const char ASKS[] = "has_include";

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

static char *in_lower_case(const char *text) {
  char *lower = copy_of(text, strlen(text));
  for (char *at = lower; *at != '\0'; at++) {
    if (*at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
  }
  return lower;
}

/** `#embed` */
static bool embeds(const char *text) {
  for (const char *at = text; (at = strstr(at, "embed")) != NULL; at++) {
    const char *before = at;
    while (before > text && is_blank(before[-1])) before--;
    // A directive may begin with `#`, `%:` or the trigraph of `#`, and a comment may stand behind that.
    if (before > text && strchr("#:=/", before[-1]) != NULL) return true;
  }
  return false;
}

/** For clang `#include "a\b.h"` may read a\b.h, while its dependency file names a/b.h. */
static bool includes_by_backslash(const char *text) {
  for (const char *at = text; (at = strstr(at, "include")) != NULL; at++) {
    size_t length = strcspn(at, "\n");
    if (memchr(at, '\\', length) != NULL) return true;
  }
  return false;
}

static bool ends(const char *line, const char *end, const char *ending) {
  size_t length = strlen(ending);
  return (size_t)(end - line) >= length && memcmp(end - length, ending, length) == 0;
}

/** Whether a `#`, its digraph or trigraph, or a comment ends here. */
static bool may_begin_directive(const char *text, const char *end) {
  static const char *const marks[] = {"#", "%:", "?\?=", "*/", NULL};
  for (const char *const *mark = marks; *mark != NULL; mark++) {
    if (ends(text, end, *mark)) return true;
  }
  return false;
}

/** Of `#pragma GCC dependency "FILE"` the time of a file decides that is no input. */
static bool compares_dates(const char *text) {
  for (const char *at = text; (at = strstr(at, "dependency")) != NULL; at++) {
    const char *before = at;
    while (before > text && is_blank(before[-1])) before--;
    if (ends(text, before, "*/") || ends(text, before, "gcc")) return true;
  }
  return false;
}

/** `#line 1 "FILE"`, `# 1 "FILE"`: gcc shows lines of that file, which is no input, and judges the indentation by them. */
static bool renames_lines(const char *text) {
  for (const char *at = text; (at = strpbrk(at, "#:=/")) != NULL;) {
    bool directive = may_begin_directive(text, ++at);
    while (is_blank(*at)) at++;
    if (!directive) continue;
    bool line = begins(at, "line") && !is_of_word(at[4]);
    if (!line && (*at < '0' || *at > '9')) continue;
    size_t length = strcspn(at, "\n");
    if (memchr(at, '"', length) != NULL && (line || is_blank(at[strspn(at, "0123456789")]))) return true;
    if (line && at[4 + strspn(at + 4, " \t0123456789")] != '\n') return true;
  }
  return false;
}

/** Text that makes the product depend on more than the files that were read: the clock, files that the assembler reads. */
static bool is_uncertain(const char *text) {
  static const char *const words[] = {"__date__", "__time__", "__timestamp__", "incbin", ".include", "__has_embed",
                                      "pch_preprocess"};
  for (size_t word = 0; word < sizeof words / sizeof *words; word++) {
    if (strstr(text, words[word]) != NULL) return true;
  }
  return embeds(text) || includes_by_backslash(text) || compares_dates(text) || renames_lines(text);
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
    if (ends(line, last, *word) && (last - line == (ptrdiff_t)strlen(*word) || !is_of_word((last - strlen(*word))[-1]))) return true;
  }
  return false;
}

/** Adds the name that is asked for, if any. @returns false where that cannot be said */
static bool ask_at(const char *text, const char *at, struct words *asked) {
  const char *end = at + sizeof ASKS - 1;
  bool whole = at - text >= 2 && at[-1] == '_' && at[-2] == '_' && !(at - text >= 3 && is_of_word(at[-3])) && !is_of_word(*end);
  if (!whole) return false;
  while (is_blank(*end)) end++;
  if (*end != '(') return is_only_mentioned(text, at - 2, end);
  char *name = literal_at(end + 1);
  if (name == NULL) return false;
  add_word(asked, name, -1);
  return true;
}

bool read_spliced_text(const char *spliced, struct words *asked) {
  char *lower = in_lower_case(spliced);
  bool certain = !is_uncertain(lower);
  free(lower);
  for (const char *at = spliced; certain && (at = strstr(at, ASKS)) != NULL; at++) certain = ask_at(spliced, at, asked);
  return certain;
}

bool read_source_text(const char *text, size_t length, struct words *asked) {
  char *spliced = without_splices(text, length);
  bool certain = spliced != NULL && read_spliced_text(spliced, asked);
  free(spliced);
  return certain;
}
