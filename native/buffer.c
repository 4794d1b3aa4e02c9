#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "words.h"

static void make_room(struct buffer *buffer, size_t length) {
  if (buffer->capacity - buffer->length >= length) return;
  size_t capacity = buffer->capacity < 2048 ? 4096 : 2 * buffer->capacity;
  while (capacity - buffer->length < length) capacity *= 2;
  char *bytes = allocate(capacity);
  if (buffer->length > 0) memcpy(bytes, buffer->bytes, buffer->length);
  buffer->bytes = bytes;
  buffer->capacity = capacity;
}

void add_bytes(struct buffer *buffer, const void *bytes, size_t length) {
  make_room(buffer, length);
  if (length > 0) memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

void add_texts(struct buffer *buffer, ...) {
  va_list rest;
  va_start(rest, buffer);
  for (const char *text; (text = va_arg(rest, const char *)) != NULL;) add_bytes(buffer, text, strlen(text));
  va_end(rest);
}

void add_field(struct buffer *buffer, const char *text) {
  char length[32];
  snprintf(length, sizeof length, "%zu ", strlen(text));
  add_texts(buffer, length, text, "\n", NULL);
}

bool read_file(int fd, size_t most, struct buffer *buffer) {
  struct stat found;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || (size_t)found.st_size > most) return false;
  // One byte more, to see that nothing was added.
  size_t size = (size_t)found.st_size + 1, length = 0;
  make_room(buffer, size);
  char *to = buffer->bytes + buffer->length;
  while (length < size) {
    ssize_t got = pread(fd, to + length, size - length, (off_t)length);
    if (got < 0) return false;
    if (got == 0) break;
    length += (size_t)got;
  }
  if (length != size - 1) return false;
  buffer->length += length;
  return true;
}
