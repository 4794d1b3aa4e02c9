#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Bytes that grow in number. Never freed. */
struct buffer {
  char *bytes;
  size_t length, capacity;
};

void add_bytes(struct buffer *buffer, const void *bytes, size_t length);

/** All texts up to a null. */
void add_texts(struct buffer *buffer, ...) __attribute__((sentinel));

/** A text with its length before it: no two lists of them give the same bytes. */
void add_field(struct buffer *buffer, const char *text);

/** What an open file holds from its beginning on. False where it is no regular file, cannot be read, or holds more. */
bool read_file(int fd, size_t most, struct buffer *buffer);
