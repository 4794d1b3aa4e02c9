#pragma once

#include <stdbool.h>

/**
 * Makes a directory, and those above it, where they are missing. Below a directory that a group shares (SGID and group write) it
 * is shared likewise. Another process may make the same one at the same time. False, with errno, when it is not there afterwards.
 */
bool make_directory(const char *path);
