#include "path.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "words.h"

char *directory_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL) return text(".");
  return slash == path ? text("/") : text("%.*s", (int)(slash - path), path);
}

char *full_path(const char *path) {
  char *directory = directory_of(path);
  char *real = realpath(directory, NULL);
  free(directory);
  if (real == NULL) return text("%s", path);
  char *full = text("%s/%s", strcmp(real, "/") == 0 ? "" : real, name_of(path));
  free(real);
  return full;
}
