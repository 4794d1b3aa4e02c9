// Made by scripts/tables.mjs of tables/compiles.mjs: change that.
/** The exit code of our own errors, so that they can be told from those of the command. */
export const OWN_ERROR = 125;

/** The exit code where a lock in etcd could not be acquired or kept: try again later (EX_TEMPFAIL). */
export const NOT_HELD = 75;

/** What a request to the agent begins with; both ends have to mean the same. */
export const AGENT_PROTOCOL = 'stagelock agent 1';

/** The directory of the agent below that of the session (XDG_RUNTIME_DIR). */
export const AGENT_IN_RUN = 'stagelock';

/** Begins its name in /tmp, where there is no other; the number of the user follows. */
export const AGENT_IN_TMP = '.stagelock-agent.';

/** The socket in it. */
export const AGENT_SOCKET = 'agent.sock';

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
