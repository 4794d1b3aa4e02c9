/* Bytes and texts. Most are short; headers that are searched for words (source_text.c) are not, so that goes by whole words. */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifndef __clang__
// Or gcc would find that the loop of strlen() is a strlen(), and call that.
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

enum { WORD = sizeof(uint64_t) };
static const uint64_t ONES = 0x0101010101010101, HIGHS = 0x8080808080808080;

static uint64_t word_at(const void *at) {
  uint64_t word;
  __builtin_memcpy(&word, at, sizeof word);
  return word;
}

/** Whether one of its bytes is zero. */
static int has_zero(uint64_t word) { return ((word - ONES) & ~word & HIGHS) != 0; }

/** Each word is read before it is written: the two may overlap where `to` is not behind `from`. */
static void *copy_forwards(void *to, const void *from, size_t size) {
  char *at = to;
  const char *source = from;
  for (; size >= WORD; size -= WORD, at += WORD, source += WORD) {
    const uint64_t word = word_at(source);
    __builtin_memcpy(at, &word, WORD);
  }
  while (size-- > 0) *at++ = *source++;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) { return copy_forwards(to, from, size); }

void *mempcpy(void *restrict to, const void *restrict from, size_t size) {
  return (char *)memcpy(to, from, size) + size;
}

void *memmove(void *to, const void *from, size_t size) {
  char *at = to;
  const char *source = from;
  if (at <= source) return copy_forwards(to, from, size);
  while (size-- > 0) at[size] = source[size];
  return to;
}

void *memset(void *to, int byte, size_t size) {
  char *at = to;
  const uint64_t word = ONES * (unsigned char)byte;
  for (; size >= WORD; size -= WORD, at += WORD) __builtin_memcpy(at, &word, WORD);
  while (size-- > 0) *at++ = (char)byte;
  return to;
}

int memcmp(const void *one, const void *other, size_t size) {
  const unsigned char *a = one, *b = other;
  for (; size > 0; size--, a++, b++) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}

int bcmp(const void *one, const void *other, size_t size) { return memcmp(one, other, size); }

void *memchr(const void *in, int byte, size_t size) {
  const unsigned char *at = in;
  const uint64_t wanted = ONES * (unsigned char)byte;
  for (; size >= WORD && !has_zero(word_at(at) ^ wanted); size -= WORD) at += WORD;
  for (; size > 0; size--, at++) {
    if (*at == (unsigned char)byte) return (void *)at;
  }
  return NULL;
}

void *memmem(const void *in, size_t size, const void *part, size_t length) {
  const char *at = in, *end = at + size;
  if (length == 0) return (void *)in;
  while ((size_t)(end - at) >= length &&
         (at = memchr(at, *(const char *)part, (size_t)(end - at) - length + 1)) != NULL) {
    if (memcmp(at, part, length) == 0) return (void *)at;
    at++;
  }
  return NULL;
}

size_t strlen(const char *text) {
  const char *end = text;
  // A whole word that is aligned is in one page with its first byte.
  for (; (uintptr_t)end % WORD != 0; end++) {
    if (*end == '\0') return (size_t)(end - text);
  }
  while (!has_zero(word_at(end))) end += WORD;
  while (*end != '\0') end++;
  return (size_t)(end - text);
}

size_t strnlen(const char *text, size_t most) {
  const char *end = memchr(text, '\0', most);
  return end == NULL ? most : (size_t)(end - text);
}

char *stpcpy(char *restrict to, const char *restrict from) {
  size_t length = strlen(from);
  memcpy(to, from, length + 1);
  return to + length;
}

char *strcpy(char *restrict to, const char *restrict from) {
  stpcpy(to, from);
  return to;
}

char *strncpy(char *restrict to, const char *restrict from, size_t size) {
  size_t length = strnlen(from, size);
  memcpy(to, from, length);
  memset(to + length, 0, size - length);
  return to;
}

int strncmp(const char *one, const char *other, size_t most) {
  for (; most > 0; most--, one++, other++) {
    if (*one != *other) return (unsigned char)*one - (unsigned char)*other;
    if (*one == '\0') return 0;
  }
  return 0;
}

int strcmp(const char *one, const char *other) { return strncmp(one, other, (size_t)-1); }

int strncasecmp(const char *one, const char *other, size_t most) {
  for (; most > 0; most--, one++, other++) {
    int difference = tolower((unsigned char)*one) - tolower((unsigned char)*other);
    if (difference != 0 || *one == '\0') return difference;
  }
  return 0;
}

int strcasecmp(const char *one, const char *other) { return strncasecmp(one, other, (size_t)-1); }

char *strchr(const char *text, int byte) {
  for (;; text++) {
    if (*text == (char)byte) return (char *)text;
    if (*text == '\0') return NULL;
  }
}

char *strchrnul(const char *text, int byte) {
  while (*text != (char)byte && *text != '\0') text++;
  return (char *)text;
}

char *strrchr(const char *text, int byte) {
  const char *found = NULL;
  for (;; text++) {
    if (*text == (char)byte) found = text;
    if (*text == '\0') return (char *)found;
  }
}

char *strstr(const char *text, const char *part) { return memmem(text, strlen(text), part, strlen(part)); }

/** How many characters at the beginning are in the set, or are not. */
static size_t span(const char *text, const char *set, int in) {
  uint64_t members[4] = {0};
  for (; *set != '\0'; set++) members[(unsigned char)*set / 64] |= (uint64_t)1 << (unsigned char)*set % 64;
  size_t length = 0;
  for (; text[length] != '\0'; length++) {
    unsigned char byte = (unsigned char)text[length];
    if ((int)(members[byte / 64] >> byte % 64 & 1) != in) break;
  }
  return length;
}

size_t strspn(const char *text, const char *set) { return span(text, set, 1); }
size_t strcspn(const char *text, const char *set) { return span(text, set, 0); }

char *strpbrk(const char *text, const char *set) {
  text += strcspn(text, set);
  return *text == '\0' ? NULL : (char *)text;
}

char *strtok_r(char *restrict text, const char *restrict set, char **restrict rest) {
  char *word = text == NULL ? *rest : text;
  word += strspn(word, set);
  char *end = word + strcspn(word, set);
  *rest = *end == '\0' ? end : end + 1;
  if (*word == '\0') return NULL;
  *end = '\0';
  return word;
}

char *strtok(char *restrict text, const char *restrict set) {
  static char *rest;
  return strtok_r(text, set, &rest);
}

char *strndup(const char *text, size_t most) {
  size_t length = strnlen(text, most);
  char *copy = malloc(length + 1);
  if (copy == NULL) return NULL;
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *strdup(const char *text) { return strndup(text, (size_t)-1); }

int isdigit(int c) { return c >= '0' && c <= '9'; }
int isspace(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
int isupper(int c) { return c >= 'A' && c <= 'Z'; }
int islower(int c) { return c >= 'a' && c <= 'z'; }
int isalpha(int c) { return isupper(c) || islower(c); }
int tolower(int c) { return isupper(c) ? c + ('a' - 'A') : c; }
int toupper(int c) { return islower(c) ? c - ('a' - 'A') : c; }
