#include "certain_filesystem.h"

#include <stddef.h>
#include <sys/vfs.h>

#include "filesystem.h"

bool is_certain_filesystem(uint32_t magic) {
  const struct known_filesystem *known = filesystem_by_magic(magic);
  return known != NULL && known->certain;
}

/** What has no room is asked about again each time. */
enum { MOST_DEVICES = 32 };

bool is_certain_device(const char *path, const struct stat *found) {
  static struct {
    dev_t device;
    bool certain;
  } known[MOST_DEVICES];
  static size_t count;
  for (size_t index = 0; index < count; index++) {
    if (known[index].device == found->st_dev) return known[index].certain;
  }
  struct statfs where;
  // A link is on the device of its directory, which has been looked at before.
  if (S_ISLNK(found->st_mode) || statfs(path, &where) != 0) return false;
  bool is_certain = is_certain_filesystem((uint32_t)where.f_type);
  if (count < MOST_DEVICES) {
    known[count].device = found->st_dev;
    known[count++].certain = is_certain;
  }
  return is_certain;
}
