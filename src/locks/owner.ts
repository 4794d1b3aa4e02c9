import type { Host } from '../host/host.js';
import { isThisHost } from '../host/host-name.js';
import { fateOf } from '../host/process-fate.js';
import { LARGEST_PID, LONGEST_HOST, LONGEST_PID, OLDEST_DAYS, START_MARGIN_MS } from '../tables/locks.js';
import * as says from '../tables/messages.js';

/** Who a lock says its owner is: the `host:pid` that older tools read and write, too. */
export interface Owner {
  /** Empty where the record names no host: older helpers write the pid alone for cifs. */
  readonly host: string;
  readonly pid: number;
}

/** What was seen of a lock at one moment. */
export interface Sighting {
  /** Undefined while the lock has no owner record: just being created, or made by a tool that writes none. */
  readonly owner: Owner | undefined;
  /** When the lock was made, milliseconds since the epoch, by the clock of the file server. */
  readonly madeMs: number;
  /**
   * Why nothing can be said of the owner although something is recorded, half a sentence: its record may not be read, or
   * makes no sense. Then age decides nothing, either.
   */
  readonly obscure?: string;
}

/** What became of a lock's owner, and how we know. */
export interface Judgement {
  readonly fate: 'alive' | 'dead' | 'unknown';
  /** Half a sentence for messages, for example `no process 4711 on this host`. */
  readonly why: string;
}

/** What a judgement rests on besides the lock itself. */
export interface Circumstances {
  readonly host: Pick<Host, 'name' | 'fullName' | 'process' | 'remains' | 'now'>;
  /** File server's clock minus ours, in milliseconds; undefined where it could not be measured. */
  readonly clockOffsetMs: number | undefined;
  /** A lock without an owner record that is older than this is dead, in milliseconds. */
  readonly ownerlessMs: number;
  /** Whether no other host can see the lock. Only then a pid without a host says anything. */
  readonly local?: boolean;
  /** A lock whose record names no host that is older than this may be dead, in milliseconds (CT_LOCK_TIMEOUT). */
  readonly overdueMs?: number;
}

/** The text of an owner record. Exactly these two fields, because older tools break live locks over a third one. */
export function formatOwner(owner: Owner): string {
  return owner.host === '' ? String(owner.pid) : `${owner.host}:${owner.pid}`;
}

const PID = `\\d{1,${LONGEST_PID}}`;
const RECORD = new RegExp(
  `^(?:([!-9;-~]{1,${LONGEST_HOST}}):(${PID})(?::[^ \\t\\r\\n\\v\\f\\0]*)?|(${PID}))[ \\t\\r\\n\\v\\f]*$`,
);

/**
 * Reads `host:pid`, `host:pid:more` as some versions write it, and a `pid` alone. Undefined for anything else. A host's name is visible
 * ASCII: any user who may write to the directory may write a record, and messages show the owner that it names.
 */
export function parseOwner(text: string): Owner | undefined {
  const match = RECORD.exec(text);
  if (match === null) return undefined;
  const pid = Math.min(Number(match[2] ?? match[3]), LARGEST_PID);
  return pid > 0 ? { host: match[1] ?? '', pid } : undefined;
}

/**
 * The record of a lock that several hold together. No host has such a name, so that every tool that does not know this one takes it
 * for the lock of another host, which it never removes.
 */
const SHARED: Owner = { host: '(shared)', pid: 1 };

export const SHARED_RECORD = formatOwner(SHARED);

export function isSharedRecord(owner: Owner | undefined): boolean {
  return owner?.host === SHARED.host;
}

/** Decides what became of a lock's owner. Says `dead` only when it cannot be otherwise. */
export function judge(sighting: Sighting, circumstances: Circumstances): Judgement {
  const { owner } = sighting;
  const { host, clockOffsetMs, ownerlessMs } = circumstances;
  if (sighting.obscure !== undefined) return { fate: 'unknown', why: sighting.obscure };
  const ageMs = clockOffsetMs === undefined ? 0 : host.now() + clockOffsetMs - sighting.madeMs;
  if (owner === undefined) return judgeByAge(ageMs, ownerlessMs);
  if (owner.host === '') return judgeWithoutHost(owner.pid, sighting, ageMs, circumstances);
  if (!isThisHost(owner.host, host)) {
    return { fate: 'unknown', why: says.otherHost(owner.host) };
  }
  return judgeProcess(owner.pid, sighting, circumstances);
}

/**
 * A pid that may be of any host. Where no other host can see the lock, it is one of this host or of a container, so that a
 * process that is not there proves something only when the lock is old as well.
 */
function judgeWithoutHost(
  pid: number,
  sighting: Sighting,
  ageMs: number,
  { local = false, overdueMs = Number.POSITIVE_INFINITY, ...circumstances }: Circumstances,
): Judgement {
  if (!local) return { fate: 'unknown', why: says.noHost };
  const judgement = judgeProcess(pid, sighting, circumstances);
  if (judgement.fate !== 'dead' || ageMs > overdueMs) return judgement;
  return { fate: 'unknown', why: says.noHostNotOld(judgement.why) };
}

function judgeProcess(pid: number, { madeMs }: Sighting, { host, clockOffsetMs }: Circumstances): Judgement {
  const dead = (why: string): Judgement => {
    const remains = host.remains?.(pid);
    if (remains?.kind !== 'command') return { fate: 'dead', why };
    return { fate: 'alive', why: says.commandRuns(remains.pid) };
  };
  const startedByMs = clockOffsetMs === undefined ? undefined : madeMs + START_MARGIN_MS - clockOffsetMs;
  switch (fateOf({ pid, startedByMs }, host)) {
    case 'absent':
      return dead(says.noProcess);
    case 'zombie':
      return dead(says.zombie);
    case 'replaced':
      return dead(says.startedLater);
    default:
      return { fate: 'alive', why: says.processRuns };
  }
}

const OLDEST_MS = OLDEST_DAYS * 24 * 3600 * 1000;

function judgeByAge(ageMs: number, ownerlessMs: number): Judgement {
  if (ageMs > OLDEST_MS) return { fate: 'unknown', why: says.senselessTime };
  if (ageMs > ownerlessMs) {
    return { fate: 'dead', why: says.noOwnerFor(Math.round(ageMs / 1000)) };
  }
  return { fate: 'unknown', why: says.notRecorded };
}
