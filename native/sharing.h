#pragma once

#include <sys/types.h>

#include "tables/locks.h"

/** Gives a lock directory that we just made these permissions and the group of its target. Follows no link. */
void share_directory(const char *path, const char *target);

/** Likewise for an open file or directory. What we may not change stays: the lock still works. */
void share_descriptor(int fd, const char *target, mode_t mode);
