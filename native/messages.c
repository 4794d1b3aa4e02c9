#include "messages.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "report.h"

struct messages keep_messages(void) {
  struct messages messages = {.shown = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), .kept = -1};
  if (messages.shown < 0) return messages;
  messages.kept = memfd_create("messages", MFD_CLOEXEC);
  if (messages.kept >= 0 && dup2(messages.kept, STDERR_FILENO) >= 0) return messages;
  if (messages.kept >= 0) close(messages.kept);
  close(messages.shown);
  return (struct messages){-1, -1};
}

bool copy_messages(struct messages messages, struct hearing *hearing) {
  enum { MOST = 1 << 18 };
  struct buffer text = {0};
  if (messages.kept < 0 || !read_file(messages.kept, MOST, &text)) return false;
  hearing->messages = text.bytes;
  hearing->length = text.length;
  return true;
}

void show_messages(struct messages messages, const char *name, const char *instead) {
  if (messages.kept < 0) return;
  dup2(messages.shown, STDERR_FILENO);
  struct stat found;
  size_t length = fstat(messages.kept, &found) == 0 ? (size_t)found.st_size : 0;
  char *text = length == 0 ? MAP_FAILED : mmap(NULL, length, PROT_READ, MAP_PRIVATE, messages.kept, 0);
  if (text != MAP_FAILED) {
    const char *at = text, *end = text + length;
    for (const char *next; (next = memmem(at, (size_t)(end - at), name, strlen(name))) != NULL;) {
      write_all(STDERR_FILENO, at, (size_t)(next - at));
      write_all(STDERR_FILENO, instead, strlen(instead));
      at = next + strlen(name);
    }
    write_all(STDERR_FILENO, at, (size_t)(end - at));
    munmap(text, length);
  }
  close(messages.kept);
  close(messages.shown);
}
