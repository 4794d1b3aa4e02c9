#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/**
 * Whether a file system (the f_type of statfs(2)) is one where a change of a file, of a directory, and of the name of either,
 * has been seen to change time stamps (ctime) by the clock of this host. Of others nothing is certain: a server has a clock of
 * its own, and a client remembers what was there.
 */
bool is_certain_filesystem(uint32_t magic);

/** Likewise for the device of a path, which is asked about once. */
bool is_certain_device(const char *path, const struct stat *found);
