#include "mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

/** No host has more mounts than these. */
enum { MOST = 1 << 20 };

bool read_mounts(struct buffer *buffer) {
  int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char part[1 << 14];
  ssize_t length;
  while ((length = read(fd, part, sizeof part)) > 0 && buffer->length < MOST) add_bytes(buffer, part, (size_t)length);
  close(fd);
  return length == 0 && buffer->length > 0;
}

/** Whether one path is the other one, or leads to it. */
static bool leads_to(const char *one, const char *other) {
  size_t length = strlen(one);
  if (length > 0 && one[length - 1] == '/') length--;
  return strncmp(one, other, length) == 0 && (other[length] == '\0' || other[length] == '/');
}

/** The paths without links; of what is not there, as it is. */
static struct words resolved(const struct words *directories) {
  struct words result = {0};
  for (size_t word = 0; word < directories->count; word++) {
    char *path = absolute(directories->items[word].text), *real = realpath(path, NULL);
    add_word(&result, real == NULL ? path : real, -1);
  }
  return result;
}

/** The fifth word of a line: where it is mounted, with some characters as \ooo. */
static char *mount_point(const char *line) {
  for (int blank = 0; blank < 4; blank++) {
    line = strchr(line, ' ');
    if (line == NULL) return NULL;
    line++;
  }
  char *point = copy_of(line, strcspn(line, " ")), *to = point;
  for (const char *at = point; *at != '\0'; at++) {
    bool octal = at[0] == '\\' && strspn(at + 1, "01234567") >= 3;
    *to++ = octal ? (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0')) : *at;
    if (octal) at += 3;
  }
  *to = '\0';
  return point;
}

bool add_mounts(struct buffer *buffer, const struct buffer *mounts, const struct words *directories) {
  struct words paths = resolved(directories);
  for (char *line = strtok(copy_of(mounts->bytes, mounts->length), "\n"); line != NULL; line = strtok(NULL, "\n")) {
    const char *point = mount_point(line);
    if (point == NULL) return false;
    bool matters = false;
    for (size_t word = 0; word < paths.count && !matters; word++) {
      const char *path = paths.items[word].text;
      matters = leads_to(point, path) || leads_to(path, point);
    }
    if (matters) add_texts(buffer, line, "\n", NULL);
  }
  return true;
}
