#pragma once

/** How a command ended. Of INTERRUPTED nothing runs any more; any other may have left processes behind on purpose. */
struct end {
  enum { SUCCEEDED, FAILED, SIGNALLED, NOT_STARTED, INTERRUPTED } kind;
  /** The exit code, the signal that it died of, or the errno. */
  int code;
};

/**
 * Runs a command to its end with our standard input, output and error. When we are told to stop, it ends together with
 * all processes of its session, and so does what it has left when it was killed itself; when we are killed, the kernel
 * kills it. See src/compile/command.ts.
 */
struct end run_command(char **arguments);

/**
 * From now on commands run under a lock, which is to last for as long as anything of them runs; see leash.h.
 *
 * @param lock the descriptor of a lock of the kernel, or -1
 */
void leash_commands(int lock);
