#pragma once

#include <stdbool.h>

/*
 * The agent of this user holds locks in etcd, for helpers that need no Node then; see src/compile/agent.ts. A lock is held for as long as
 * the connection is open, so that of a helper that dies is free at once.
 *
 *     switch (ask_agent(target, command)) {...}
 *     AGENT_HOLDS: run the command; agent_confirms() right before anything is put in its place; agent_releases()
 */

/** NO_AGENT: there is none, or the TypeScript helper has to do it; nothing is held. REFUSED, and why has been said. */
enum agent_answer { NO_AGENT, AGENT_HOLDS, AGENT_REFUSES, AGENT_STOPPED };

/** Asks for the lock of a target, and waits for it. AGENT_STOPPED: we were told to stop. */
enum agent_answer ask_agent(const char *target, char **command);

/** Whether the lock is still ours. Where the agent is gone or hangs it is not, which is said. */
bool agent_confirms(void);

/** Gives the lock back, and says what the agent has to say of it. */
void agent_releases(void);
