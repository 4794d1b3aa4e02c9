/* Files read line by line. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** The headers' FILE is only a name for it. */
struct stream {
  int fd;
  char *at, *end;
  char bytes[4096];
};

/** For reading alone. */
FILE *fopen(const char *restrict path, const char *restrict mode) {
  (void)mode;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stream *stream = fd < 0 ? NULL : malloc(sizeof *stream);
  if (stream == NULL) {
    if (fd >= 0) close(fd);
    return NULL;
  }
  stream->fd = fd;
  stream->at = stream->end = stream->bytes;
  return (FILE *)stream;
}

static bool fill(struct stream *stream) {
  ssize_t length = read(stream->fd, stream->bytes, sizeof stream->bytes);
  stream->at = stream->bytes;
  stream->end = stream->bytes + (length > 0 ? length : 0);
  return length > 0;
}

char *fgets(char *restrict line, int size, FILE *restrict file) {
  struct stream *stream = (struct stream *)file;
  char *to = line;
  while (to - line < size - 1) {
    if (stream->at == stream->end && !fill(stream)) break;
    *to = *stream->at++;
    if (*to++ == '\n') break;
  }
  *to = '\0';
  return to == line ? NULL : line;
}

int fclose(FILE *file) {
  int closed = close(((struct stream *)file)->fd);
  free(file);
  return closed;
}
