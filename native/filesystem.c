#include "filesystem.h"

#include <sys/vfs.h>

const struct known_filesystem *filesystem_by_magic(uint32_t magic) {
  for (size_t index = 0; index < sizeof known_filesystems / sizeof *known_filesystems; index++) {
    if (known_filesystems[index].magic == magic) return &known_filesystems[index];
  }
  return NULL;
}

bool filesystem_of(const char *directory, struct filesystem *filesystem) {
  struct statfs found;
  if (statfs(directory, &found) != 0) return false;
  // The kernel's field is signed on some architectures; the numbers of the table are not.
  const struct known_filesystem *known = filesystem_by_magic((uint32_t)found.f_type);
  *filesystem = known == NULL ? (struct filesystem){"unknown", false, STRATEGY_LOCKDIR, UNKNOWN_LOCKDIR_POLL_MS}
                              : (struct filesystem){known->name, known->reach == REACH_LOCAL, known->strategy,
                                                    known->lockdir_poll_ms};
  return true;
}

bool works_from(enum strategy strategy, const struct filesystem *filesystem) {
  const struct strategy_trait *traits = &strategy_traits[strategy];
  return filesystem->local || traits->everywhere || matches(filesystem->name, &traits->networks);
}
