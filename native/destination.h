#pragma once

/** Where a product comes to lie; see src/compile/destination.ts. */
struct destination {
  enum {
    /** A file of this path, new or in the place of the old one. */
    DESTINATION_FILE,
    /** It can only be written in place: it has other names, which shall stay, or may not be replaced by us. */
    DESTINATION_IN_PLACE,
    /** No file of ours: a device, a pipe, an open file, a directory, a link to nowhere. */
    DESTINATION_FOREIGN
  } kind;
  /** The path of what gets the contents: the target itself, or what the link of that name leads to. */
  const char *path;
  /** Unless it is a file: why. */
  const char *reason;
};

/**
 * Judges what the name of an output leads to, as the tool itself would, which finds it so or otherwise a moment later. Nothing is
 * changed.
 *
 * @param command whose output it is; null for one whose product replaces whatever file is there
 */
struct destination destination_of(const char *target, char **command);
