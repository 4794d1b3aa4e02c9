// Made by scripts/tables.mjs of tables/compiles.mjs: change that.
/** The exit code of our own errors, so that they can be told from those of the command. */
export const OWN_ERROR = 125;

/** Response files of a command: far above what build systems write, it ends the reading of one that names itself. */
export const MOST_FILES = 32;

/** Likewise of one response file. */
export const MOST_FILE_BYTES = 1048576;

/** A name up to this length has room; to ask costs a system call. */
export const ROOMY_NAME = 143;

/** Likewise a path. */
export const ROOMY_PATH = 3900;

/** The most links that the kernel follows. */
export const MOST_LINKS = 40;

/** The magic number (statfs) of /proc, where links lead to open files. */
export const PROC_MAGIC = 0x9fa0;
