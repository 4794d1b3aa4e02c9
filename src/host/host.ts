import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { errorCode } from './error-code.js';
import { fullNameOfThisHost, type NamedHost } from './host-name.js';
import { statOf } from './process-stat.js';
import { type Remains, remainsOf } from './remains.js';

/** What can be known of a process on this host. */
export type ProcessFacts =
  | { readonly kind: 'absent' }
  /** It has ended; only its parent has not asked for its exit status yet. */
  | { readonly kind: 'zombie' }
  | {
      readonly kind: 'running';
      /** Start, milliseconds since the epoch by this host's clock; undefined where /proc hides it. */
      readonly startedMs: number | undefined;
      /** Start in clock ticks since boot: exact, and untouched by clock changes. */
      readonly startTicks: number | undefined;
    };

/** This host as an observer of locks; tests give other ones, to replay what another host would see. */
export interface Host extends NamedHost {
  readonly pid: number;
  /** Changes with every boot; undefined outside Linux. */
  readonly bootId: string | undefined;
  process(pid: number): ProcessFacts;
  /** What a command has left that a process which has ended had run under a lock. */
  readonly remains?: (pid: number) => Remains;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The inode number of the first PID namespace, a constant of the kernel (PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = '4026531836';
/** USER_HZ, the unit of /proc/PID/stat, is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

let here: Host | undefined;

/** The host and process that we are. */
export function thisHost(): Host {
  here ??= {
    name: qualifiedName(hostname(), pidNamespace()),
    fullName: fullNameOfThisHost,
    pid: process.pid,
    bootId: readText('/proc/sys/kernel/random/boot_id')?.trim(),
    process: processFacts,
    remains: remainsOf,
    now: Date.now,
  };
  return here;
}

/** The name under which locks are recorded, from a host name and the inode of the PID namespace. */
export function qualifiedName(name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === FIRST_PID_NAMESPACE ? name : `${name}/pid-${namespace}`;
}

function pidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined; // no /proc: not Linux
  }
}

function processFacts(pid: number): ProcessFacts {
  if (!answersSignals(pid)) return { kind: 'absent' };
  const stat = statOf(pid);
  // Alive by kill(2), but hidden by hidepid, or no /proc at all.
  if (stat === undefined) return { kind: 'running', startedMs: undefined, startTicks: undefined };
  if (stat.zombie) return { kind: 'zombie' };
  const zeroMs = zeroOfTicksMs();
  const startedMs = zeroMs === undefined ? undefined : zeroMs + ticksToMs(stat.startTicks);
  return { kind: 'running', startedMs, startTicks: stat.startTicks };
}

const ticksToMs = (ticks: number): number => (ticks * 1000) / TICKS_PER_SECOND;

/** What the start ticks of ourselves say about their zero; does not change while we live. */
let zeroByOurselvesMs: number | undefined;

/**
 * When the start ticks of processes began to count, milliseconds since the epoch.
 *
 * Asked of two witnesses, and the earlier answer counts, since a start that is thought too late makes a living owner
 * look like another process. /proc/uptime follows a clock that was set meanwhile, but lxcfs shows a container its own
 * uptime there while the ticks count from the boot of the host. Our own start knows the ticks, but counts from our
 * exec(2), which may have come long after our fork(2).
 */
function zeroOfTicksMs(): number | undefined {
  const uptime = readText('/proc/uptime');
  if (uptime === undefined) return undefined;
  if (zeroByOurselvesMs === undefined) {
    const own = statOf('self');
    if (own === undefined) return undefined;
    zeroByOurselvesMs = performance.timeOrigin - ticksToMs(own.startTicks);
  }
  return Math.min(Date.now() - Number.parseFloat(uptime) * 1000, zeroByOurselvesMs);
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM'; // another user's process is a process, too
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
