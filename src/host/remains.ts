import { readFileSync, statSync } from 'node:fs';
import { PID_BITS } from '../tables/locks.js';
import { processIds, statOf } from './process-stat.js';

/*
 * What a killed helper's command has left; see native/remains.h. While a helper runs a command under a lock, the kernel
 * holds a lock on one byte of the file that stands for the PID namespace, for all who have inherited a descriptor from the
 * command. The byte's number says which helper and which session.
 */

/** The kernel's own file that stands for our PID namespace. */
export const NAMESPACE_FILE = '/proc/self/ns/pid';
const PIDS = 2 ** PID_BITS;

/** The byte of the session that a helper's command has begun. */
export function byteOfSession(helper: number, session: number): number {
  return helper * PIDS + session;
}

/** What the command of a helper that has ended has left. */
export type Remains =
  /** Nothing is known to be left: nothing is, or the helper was of an older version. */
  | { readonly kind: 'none' }
  /** A process of the command runs. */
  | { readonly kind: 'command'; readonly pid: number }
  /** Whatever still has the descriptor open has begun a session of its own: a daemon, which is no part of the command. */
  | { readonly kind: 'daemons' };

/** Costs a look at all processes when there is something. */
export function remainsOf(helper: number): Remains {
  return remainsAmong(helper, marks());
}

/**
 * The same for a caller that looks at many locks and changes none of them: the locks of the kernel are read once for a while, or a host with
 * thousands of them would read them thousands of times.
 *
 * @param nowMs of a clock that is never set
 */
export function remainsOfMany(forMs: number, nowMs = () => performance.now()): (helper: number) => Remains {
  let read: { readonly marks: Marks | undefined; readonly atMs: number } | undefined;
  return (helper) => {
    if (read === undefined || nowMs() - read.atMs > forMs) read = { marks: marks(), atMs: nowMs() };
    return remainsAmong(helper, read.marks);
  };
}

/** The text of /proc/locks, and the file that stands for our PID namespace. */
interface Marks {
  readonly locks: string;
  readonly namespace: number;
}

function marks(): Marks | undefined {
  const locks = read('/proc/locks');
  const namespace = statSync(NAMESPACE_FILE, { throwIfNoEntry: false })?.ino;
  return locks === undefined || namespace === undefined ? undefined : { locks, namespace };
}

function remainsAmong(helper: number, found: Marks | undefined): Remains {
  const sessions = found === undefined ? [] : sessionsMarkedBy(helper, found.locks, found.namespace);
  if (sessions.length === 0) return { kind: 'none' };
  const pid = memberOf(new Set(sessions));
  return pid === undefined ? { kind: 'daemons' } : { kind: 'command', pid };
}

/** From the text of /proc/locks: `1: OFDLCK ADVISORY READ -1 00:04:4026531836 45092973056 45092973056`. */
function sessionsMarkedBy(helper: number, locks: string, namespace: number): number[] {
  return locks.split('\n').flatMap((line) => {
    const [, kind, , , , file, first] = line.trim().split(/\s+/);
    if (kind !== 'OFDLCK' || file?.split(':')[2] !== String(namespace)) return [];
    const byte = Number(first);
    return Math.floor(byte / PIDS) === helper && byte % PIDS > 0 ? [byte % PIDS] : [];
  });
}

/** A process that runs in one of some sessions, zombies left out. */
function memberOf(sessions: ReadonlySet<number>): number | undefined {
  return processIds().find((pid) => {
    const stat = statOf(pid);
    return stat !== undefined && sessions.has(stat.session) && !stat.zombie;
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
