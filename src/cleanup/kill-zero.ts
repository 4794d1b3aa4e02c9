import type { RemoteFate } from './remote-host.js';

/*
 * Hosts that let others run `kill -0 PID` and nothing else, by a forced command: compiletools asks no more of them. They cannot
 * say who they are, so that the host key counts, nor for how long a process has run.
 */

/** How one command on another host has ended. */
export interface RemoteEnd {
  /** The exit code; undefined when ssh was killed or could not be started. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What ssh(1) itself ends with. */
const SSH_FAILED = 255;

/** Whether a host was reached and has not done what it was asked to: its shell did not answer at all. */
export function isRefusal({ code, stdout }: RemoteEnd): boolean {
  return code !== undefined && code !== SSH_FAILED && !/^host /m.test(stdout);
}

/** A process that every user who may signal all others may signal. */
export const FIRST_PROCESS = 1;

/**
 * What `kill -0 PID` says. It fails for a process of another user, too, and where it was not run at all. So it has to say that there
 * is no such process; or, where its messages go nowhere, the same user can signal the first process of the host, and then all.
 *
 * @param mayAll whether `kill -0 1` has succeeded
 * @returns undefined when that is not certain
 */
export function fateByKill({ code, stdout, stderr }: RemoteEnd, mayAll: boolean): RemoteFate | undefined {
  if (code === 0) return { kind: 'running', elapsedS: undefined };
  const said = `${stdout}${stderr}`.trim();
  if (code === 1 && (/no such process/i.test(said) || (mayAll && said === ''))) return { kind: 'absent' };
  return undefined;
}
