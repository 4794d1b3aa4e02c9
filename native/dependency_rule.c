#include "dependency_rule.h"

static bool is_space(char character) { return character == ' ' || character == '\t' || character == '\n'; }

/** The first colon that ends a word; null without one. */
static const char *end_of_targets(const char *begin, const char *end) {
  for (const char *at = begin; at < end; at++) {
    if (*at == '\n' && (at == begin || at[-1] != '\\')) return NULL;
    if (*at == ':' && (at + 1 == end || is_space(at[1]))) return at;
  }
  return NULL;
}

/** A path while it is read. */
struct path {
  char *bytes;
  size_t length;
};

static void finish(struct path *path, struct words *inputs) {
  if (path->length > 0) add_word(inputs, copy_of(path->bytes, path->length), -1);
  path->length = 0;
}

/** Up to the end of the rule. @returns what follows it; null when it cannot be read */
static const char *read_inputs(const char *at, const char *end, struct path *path, struct words *inputs) {
  for (; at < end; at++) {
    char next = '\0';
    if (at + 1 < end) next = at[1];
    if (*at == '\n') {
      finish(path, inputs);
      return at + 1;
    }
    if (*at == ' ' || *at == '\t') {
      finish(path, inputs);
    } else if (*at == '\\' && next == '\n') {
      finish(path, inputs);
      at++;
    } else if ((*at == '\\' && (next == ' ' || next == '#')) || (*at == '$' && next == '$')) {
      path->bytes[path->length++] = next;
      at++;
    } else if (*at == '\\' || *at == '$' || *at == '#' || (unsigned char)*at < ' ' || *at == '\x7f') {
      return NULL;
    } else {
      path->bytes[path->length++] = *at;
    }
  }
  finish(path, inputs);
  return end;
}

bool read_dependency_rule(const char *text, size_t length, struct words *inputs) {
  const char *at = text, *end = text + length;
  struct path path = {.bytes = allocate(length)};
  while (at < end) {
    if (is_space(*at)) {
      at++;
      continue;
    }
    const char *colon = end_of_targets(at, end);
    if (colon == NULL) return false;
    size_t before = inputs->count;
    at = read_inputs(colon + 1, end, &path, inputs);
    if (at == NULL || (before > 0 && inputs->count > before)) return false;
  }
  return inputs->count > 0;
}
