#include "contention.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "moment.h"
#include "path.h"
#include "report.h"

/** A text as JSON: what is not printable ASCII or UTF-8 of others is left to the reader, control characters are not. */
static char *json(const char *value) {
  char *quoted = malloc(strlen(value) * 6 + 3);
  if (quoted == NULL) return text("null");
  char *to = quoted;
  *to++ = '"';
  for (const char *at = value; *at != '\0'; at++) {
    unsigned char c = (unsigned char)*at;
    if (c == '"' || c == '\\') *to++ = '\\';
    if (c < 0x20) to += sprintf(to, "\\u%04x", c);
    else *to++ = (char)c;
  }
  *to++ = '"';
  *to = '\0';
  return quoted;
}

void log_wait(const char *file, const struct lock *lock, const struct wait *wait, long long held_ms,
              long long saved_ms) {
  const struct owner *first = &wait->first_holder.owner;
  char *owner = wait->first_holder.named
                    ? json(text("%s%s%ld", first->host, first->host[0] == '\0' ? "" : ":", (long)first->pid))
                    : text("null");
  char *line = text(
      "{\"at\":\"%s\",\"target\":%s,\"strategy\":\"%s\",\"owner\":%s,\"by\":%s,\"waitedMs\":%lld,\"heldMs\":%lld%s}\n",
      iso_moment(wall_ms()), json(full_path(lock->target)), strategy_name(lock->strategy), owner, json(own_record()),
      wait->waited_ms, held_ms, saved_ms < 0 ? "" : text(",\"savedMs\":%lld", saved_ms));
  int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0664);
  ssize_t written = fd < 0 ? -1 : write(fd, line, strlen(line));
  if (written < 0) warn("CT_LOCK_LOG: cannot write %s: %s", file, strerror(errno));
  if (fd >= 0) close(fd);
  free(line);
}
