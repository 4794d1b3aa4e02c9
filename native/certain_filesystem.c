#include "certain_filesystem.h"

#include <stddef.h>
#include <sys/vfs.h>

/** What was tried is in docs/made-once.md. */
static const uint32_t certain[] = {
  0xef53,     // ext4, and ext2 and ext3, which have its number
  0x01021994, // tmpfs
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x794c7630, // overlay
};

bool is_certain_filesystem(uint32_t magic) {
  for (size_t index = 0; index < sizeof certain / sizeof *certain; index++) {
    if (certain[index] == magic) return true;
  }
  return false;
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
