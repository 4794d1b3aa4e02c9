// Made by scripts/tables.mjs of tables/compiles.mjs: change that.
#pragma once

/** The exit code of our own errors, so that they can be told from those of the command. */
enum { OWN_ERROR = 125 };

/** Response files of a command: far above what build systems write, it ends the reading of one that names itself. */
enum { MOST_FILES = 32 };

/** Likewise of one response file. */
enum { MOST_FILE_BYTES = 1048576 };

/** A name up to this length has room; to ask costs a system call. */
enum { ROOMY_NAME = 143 };

/** Likewise a path. */
enum { ROOMY_PATH = 3900 };

/** The most links that the kernel follows. */
enum { MOST_LINKS = 40 };

/** The magic number (statfs) of /proc, where links lead to open files. */
enum { PROC_MAGIC = 0x9fa0 };
