#pragma once

/** The directory that a path names a file in. */
char *directory_of(const char *path);

/** A path from the root, as messages name it. */
char *full_path(const char *path);
