#pragma once

#include <sys/types.h>

/*
 * What a killed helper's command has left. While a helper runs a command under a lock, the command, and so whatever it
 * starts, has a descriptor open by which the kernel holds a lock on one byte of the file that stands for the PID
 * namespace (/proc/self/ns/pid). The byte's number says which helper and which session: pid of the helper times 2^22
 * plus the pid that began the session. It needs no directory, is seen by all users of the host and by no other host or
 * container, and is gone with the last process that has the descriptor.
 *
 * A process that has begun a session of its own is a daemon and no part of the command any more.
 */

/** Takes the byte of a helper's session, for all who have the descriptor, which is that of pid_namespace.h. */
void mark_session(int mark, pid_t helper, pid_t session);

/** Gives all bytes back that were taken by a descriptor, also for those who have inherited it. */
void unmark(int mark);

struct remains {
  enum {
    /** Nothing is known to be left: nothing is, or the helper was of an older version. */
    NO_REMAINS,
    /** A process of the command runs. */
    COMMAND_RUNS,
    /** Whatever has the descriptor open has left the command's session. */
    ONLY_DAEMONS,
  } kind;
  /** Of COMMAND_RUNS, one that runs. */
  pid_t process;
};

/** What the command of a helper that has ended has left. Costs a look at all processes when there is something. */
struct remains remains_of(pid_t helper);
