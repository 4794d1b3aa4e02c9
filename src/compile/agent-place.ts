import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { AGENT_IN_RUN, AGENT_IN_TMP, AGENT_SOCKET } from '../tables/compiles.js';

/** Where the agent of this user listens. native/agent.c finds the same. */
export interface AgentPlace {
  readonly directory: string;
  readonly socket: string;
}

/**
 * A directory of this user for what lasts as long as the host is up: that of the session, else that of the user, else one in /tmp.
 *
 * @param environment of this process: XDG_RUNTIME_DIR counts if it is an absolute path
 */
export function agentPlace(environment: NodeJS.ProcessEnv): AgentPlace {
  const directory = directoryOf(environment['XDG_RUNTIME_DIR'] ?? '', process.geteuid?.() ?? 0);
  return { directory, socket: join(directory, AGENT_SOCKET) };
}

function directoryOf(runtime: string, user: number): string {
  if (runtime.startsWith('/')) return join(runtime, AGENT_IN_RUN);
  const run = `/run/user/${user}`;
  const there = lstatSync(run, { throwIfNoEntry: false });
  return there?.isDirectory() ? join(run, AGENT_IN_RUN) : `/tmp/${AGENT_IN_TMP}${user}`;
}

/**
 * Makes the directory if it is missing. Who may enter it may talk to the agent: this user only, and root, which may do anyway what
 * this user may. So the agent need not ask who is at the other end, which Node could not.
 *
 * @returns why it cannot be used, if so: in /tmp another user may have put something in its place
 */
export function prepareAgentPlace(directory: string): string | undefined {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') return `${directory} cannot be made (${errorCode(error)})`;
  }
  const there = lstatSync(directory);
  if (!there.isDirectory()) return `${directory} is no directory`;
  if (there.uid !== process.geteuid?.()) return `${directory} belongs to another user`;
  if ((there.mode & 0o077) !== 0) return `others may enter ${directory}; after a look: chmod 700 ${directory}`;
  return undefined;
}
