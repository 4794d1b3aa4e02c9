/* Texts that others have chosen (names of files, commands), for a terminal and for a shell; see src/text. */
#include "shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables/unseen.h"
#include "text.h"

static bool is_unseen(unsigned code) {
  for (size_t index = 0; index < sizeof unseen_ranges / sizeof *unseen_ranges; index++) {
    if (code >= unseen_ranges[index].from && code <= unseen_ranges[index].to) return true;
  }
  return false;
}

/** Bytes of the character that begins there, and its code point; 0 when these bytes are no UTF-8. The text ends with NUL. */
static int character_at(const unsigned char *at, unsigned *code) {
  *code = at[0];
  if (at[0] < 0x80) return 1;
  if (at[0] < 0xc2 || at[0] > 0xf4) return 0;
  int length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  *code = at[0] & (0xffu >> (length + 1));
  for (int index = 1; index < length; index++) {
    if ((at[index] & 0xc0) != 0x80) return 0;
    *code = *code << 6 | (at[index] & 0x3fu);
  }
  static const unsigned SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
  return *code < SMALLEST[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

/** Memory for a text of which every byte may become so many. */
static char *room_for(const char *source, size_t factor) {
  return text("%*s", (int)(strlen(source) * factor + 64), "");
}

static int write_escaped(char *to, unsigned code) {
  switch (code) {
    case '\n':
      return sprintf(to, "\\n");
    case '\r':
      return sprintf(to, "\\r");
    case '\t':
      return sprintf(to, "\\t");
    default:
      return sprintf(to, code < 0x80 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\u{%x}", code);
  }
}

char *shown(const char *source) {
  char *result = room_for(source, 6);
  char *to = result;
  const unsigned char *at = (const unsigned char *)source;
  while (*at != '\0') {
    unsigned code;
    int length = character_at(at, &code);
    if (length == 0) to += sprintf(to, "\\x%02x", *at);
    else if (is_unseen(code)) to += write_escaped(to, code);
    else to += sprintf(to, "%.*s", length, (const char *)at);
    at += length == 0 ? 1 : length;
  }
  *to = '\0';
  return result;
}

static bool has_unseen(const char *source) {
  for (const unsigned char *at = (const unsigned char *)source; *at != '\0';) {
    unsigned code;
    int length = character_at(at, &code);
    if (length == 0 || is_unseen(code)) return true;
    at += length;
  }
  return false;
}

static char *single_quoted(const char *source) {
  char *result = room_for(source, 4);
  char *to = result;
  *to++ = '\'';
  for (const char *at = source; *at != '\0'; at++) to += *at == '\'' ? sprintf(to, "'\\''") : sprintf(to, "%c", *at);
  *to++ = '\'';
  *to = '\0';
  return result;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
/** What a shell reads as it stands. */
static const char WORD[] = LETTERS "@%+=:,./-";
/** What printf(1) does, anywhere or behind the first character, where it could be read as an option or the like. */
static const char FIRST[] = LETTERS "./", LATER[] = LETTERS "./:=@+,-";

/** By printf(1), which makes everything but newlines at the end: the shell cuts those off. */
static char *printed(const char *source) {
  char *result = room_for(source, 4);
  char *to = result + sprintf(result, "\"$(printf '");
  for (const char *at = source; *at != '\0'; at++) {
    bool plain = strchr(at == source ? FIRST : LATER, *at) != NULL;
    to += plain ? sprintf(to, "%c", *at) : sprintf(to, "\\%03o", (unsigned char)*at);
  }
  sprintf(to, "')\"");
  return result;
}

char *shell_word(const char *source) {
  if (*source != '\0' && source[strspn(source, WORD)] == '\0') return text("%s", source);
  if (!has_unseen(source)) return single_quoted(source);
  size_t length = strlen(source);
  while (length > 0 && source[length - 1] == '\n') length--;
  char *body = text("%.*s", (int)length, source);
  char *made = *body == '\0' ? text("%s", "") : has_unseen(body) ? printed(body) : single_quoted(body);
  return source[length] == '\0' ? made : text("%s'%s'", made, source + length);
}
