#pragma once

/** How a command ended. Of INTERRUPTED nothing runs any more; any other may have left processes behind on purpose. */
struct end {
  enum { SUCCEEDED, FAILED, SIGNALLED, NOT_STARTED, INTERRUPTED } kind;
  /** The exit code, the signal that it died of, or the errno. */
  int code;
};

/**
 * Runs a command to its end with our standard input, output and error. When we are told to stop, it ends together with
 * all processes of its group; when we are killed, the kernel kills it. See src/compile/command.ts.
 */
struct end run_command(char **arguments);
