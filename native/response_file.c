#include "response_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tables/compiles.h"

enum found { TEXT, ABSENT, OPAQUE };

struct expansion {
  struct words *words;
  int files;
  bool opaque;
};

static enum found read_whole(int fd, char **text) {
  struct stat found;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_size > MOST_FILE_BYTES) return OPAQUE;
  size_t size = (size_t)found.st_size, length = 0;
  *text = allocate(size + 1);
  while (length < size) {
    ssize_t got = read(fd, *text + length, size - length);
    if (got < 0) return OPAQUE;
    if (got == 0) break;
    length += (size_t)got;
  }
  (*text)[length] = '\0';
  return TEXT;
}

static enum found read_next(struct expansion *expansion, const char *path, char **text) {
  if (++expansion->files > MOST_FILES) return OPAQUE;
  // Not blocking: opening a named pipe would wait for a writer.
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return ABSENT;
  enum found found = read_whole(fd, text);
  close(fd);
  return found;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/**
 * The next word by the rules of gcc and clang: white space separates words, quotes of both kinds and a backslash protect
 * what follows, everywhere. Unquotes in place, and moves on. Null at the end.
 */
static char *next_word(char **text) {
  char *from = *text;
  while (is_space(*from)) from++;
  if (*from == '\0') return NULL;
  char *word = from, *to = from, quote = '\0';
  for (; *from != '\0' && (quote != '\0' || !is_space(*from)); from++) {
    if (*from == '\\') {
      if (*++from == '\0') break;
      *to++ = *from;
    } else if (quote != '\0' ? *from == quote : *from == '"' || *from == '\'') {
      quote = quote == '\0' ? *from : '\0';
    } else {
      *to++ = *from;
    }
  }
  *text = *from == '\0' ? from : from + 1;
  *to = '\0';
  return word;
}

static void add(struct expansion *expansion, char *text, int at) {
  char *content = NULL;
  enum found found = text[0] == '@' && text[1] != '\0' ? read_next(expansion, text + 1, &content) : ABSENT;
  if (found == OPAQUE) expansion->opaque = true;
  if (found != TEXT) {
    add_word(expansion->words, text, at);
    return;
  }
  for (char *word; (word = next_word(&content)) != NULL;) add(expansion, word, -1);
}

bool expand(char **command, int from, struct words *words) {
  struct expansion expansion = {.words = words};
  for (int at = from; command[at] != NULL; at++) add(&expansion, command[at], at);
  return !expansion.opaque;
}
