#include "filesystem.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>

static const struct {
  uint32_t magic;
  struct filesystem filesystem;
} KNOWN[] = {
    {0xef53, {"ext4", true, STRATEGY_FLOCK, 50}},
    {0x58465342, {"xfs", true, STRATEGY_FLOCK, 50}},
    {0x9123683e, {"btrfs", true, STRATEGY_FLOCK, 50}},
    {0x01021994, {"tmpfs", true, STRATEGY_FLOCK, 50}},
    {0x794c7630, {"overlay", true, STRATEGY_FLOCK, 50}},
    {0x2fc12fc1, {"zfs", true, STRATEGY_FLOCK, 50}},
    {0xf2f52010, {"f2fs", true, STRATEGY_FLOCK, 50}},
    {0xca451a4e, {"bcachefs", true, STRATEGY_FLOCK, 50}},
    {0x858458f6, {"ramfs", true, STRATEGY_FLOCK, 50}},
    {0x3153464a, {"jfs", true, STRATEGY_FLOCK, 50}},
    {0x52654973, {"reiserfs", true, STRATEGY_FLOCK, 50}},
    {0x4d44, {"vfat", true, STRATEGY_FLOCK, 50}},
    {0x2011bab0, {"exfat", true, STRATEGY_FLOCK, 50}},
    {0x7366746e, {"ntfs3", true, STRATEGY_FLOCK, 50}},
    {0x6969, {"nfs", false, STRATEGY_LOCKDIR, 100}},
    {0x0bd00bd0, {"lustre", false, STRATEGY_LOCKDIR, 10}},
    {0x47504653, {"gpfs", false, STRATEGY_LOCKDIR, 50}},
    {0x19830326, {"beegfs", false, STRATEGY_LOCKDIR, 50}},
    {0x00c36400, {"ceph", false, STRATEGY_LOCKDIR, 50}},
    {0x5346414f, {"afs", false, STRATEGY_LOCKDIR, 100}},
    {0x7461636f, {"ocfs2", false, STRATEGY_LOCKDIR, 50}},
    {0x01161970, {"gfs2", false, STRATEGY_LOCKDIR, 50}},
    {0xaad7aaea, {"panfs", false, STRATEGY_LOCKDIR, 50}},
    {0x01021997, {"9p", false, STRATEGY_LOCKDIR, 50}},
    {0x786f4256, {"vboxsf", false, STRATEGY_LOCKDIR, 100}},
    {0x65735546, {"fuse", false, STRATEGY_LOCKDIR, 50}},
    {0xff534d42, {"cifs", false, STRATEGY_CIFS, 100}},
    {0xfe534d42, {"smb3", false, STRATEGY_CIFS, 100}},
    {0x517b, {"smbfs", false, STRATEGY_CIFS, 100}},
};

bool filesystem_of(const char *directory, struct filesystem *filesystem) {
  struct statfs found;
  if (statfs(directory, &found) != 0) return false;
  // The kernel's field is signed on some architectures; the numbers above are not.
  uint32_t magic = (uint32_t)found.f_type;
  *filesystem = (struct filesystem){"unknown", false, STRATEGY_LOCKDIR, 50};
  for (size_t index = 0; index < sizeof KNOWN / sizeof *KNOWN; index++) {
    if (KNOWN[index].magic == magic) *filesystem = KNOWN[index].filesystem;
  }
  return true;
}

bool works_from(enum strategy strategy, const struct filesystem *filesystem) {
  switch (strategy) {
    case STRATEGY_FCNTL:
      return filesystem->local || strcmp(filesystem->name, "nfs") == 0;
    case STRATEGY_FLOCK:
      return filesystem->local;
    default:
      return true; // mkdir and O_EXCL are decided by the server
  }
}
