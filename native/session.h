#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/** A process that runs in a session, zombies left out; 0 when there is none. Sees the processes of all users. */
pid_t member_of_session(pid_t session);

/** Sends a signal to the process group that began a session, and to what has left that group but not the session. */
void signal_session(pid_t session, int signal);
