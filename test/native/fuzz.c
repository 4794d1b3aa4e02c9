/* Throws bytes at everything of the native front that reads what others wrote: command lines, records, numbers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/options.h"
#include "../../native/owner.h"
#include "../../native/planner.h"
#include "../../native/settings.h"
#include "../../native/shown.h"

enum { MOST_WORDS = 64 };

static void read_as_command_line(char *bytes, size_t size) {
  char *words[MOST_WORDS + 2];
  int count = 0;
  words[count++] = bytes;
  for (size_t index = 0; index < size && count < MOST_WORDS; index++) {
    if (bytes[index] == '\0' && index + 1 < size) words[count++] = bytes + index + 1;
  }
  words[count] = NULL;
  struct options options;
  const char *problem;
  read_options(words, &options, &problem);
  plan_launch(words, "4711", "0123456789abcdef");
  char *target = words[--count];
  words[count] = NULL;
  if (count > 0) plan_link(words, target, "4711", "0123456789abcdef");
}

static void read_as_number(const char *text) {
  struct filesystem filesystem = {.name = "ext4", .local = true, .strategy = STRATEGY_FLOCK, .lockdir_poll_ms = 50};
  setenv("CT_LOCK_TIMEOUT", text, 1);
  struct settings settings = settings_from_environment(STRATEGY_FLOCK, &filesystem);
  if (settings.overdue_ms < 1) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *bytes = malloc(size + 1);
  if (bytes == NULL) return 0;
  memcpy(bytes, data, size);
  bytes[size] = '\0';
  struct owner owner;
  if (parse_owner(bytes, &owner) && owner.pid <= 0) abort();
  free(shown(bytes));
  free(shell_word(bytes));
  read_as_number(bytes);
  read_as_command_line(bytes, size);
  free(bytes);
  return 0;
}
