import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../files/temporary-name.js';
import { RUNNING, secondaryOf, UPDATE } from './names.js';

/** Which locks of the shared source protocol stand in a primary's directory, all at one moment. */
export interface Roster {
  readonly running: boolean;
  readonly update: boolean;
  /** Names of the secondaries that have joined. */
  readonly secondaries: readonly string[];
}

/**
 * Reads the roster. Exact within the directory's critical section: entering that changes the directory, which
 * makes NFS ask the server again, while a look-up of a single name may be answered from a cache that is seconds old
 * (SMB remembers for a second that a name was absent).
 */
export function readRoster(temporary: string): Roster {
  const names = readdirSync(temporary);
  return {
    running: names.includes(RUNNING),
    update: names.includes(UPDATE),
    secondaries: names.flatMap((name) => secondaryOf(name) ?? []).sort(),
  };
}

/**
 * Makes NFS ask the server for the names of a directory: it may otherwise answer from its cache for half a minute. Its
 * own change of the directory is what makes it forget.
 */
export function refreshDirectory(temporary: string): void {
  const probe = join(temporary, temporaryName());
  writeFileSync(probe, '', { flag: 'wx' });
  unlinkSync(probe);
}

/** Whether a step of the protocol may be done; if not, because of which files. */
export type Permission = { readonly kind: 'go' } | { readonly kind: 'blocked'; readonly by: readonly string[] };

const GO: Permission = { kind: 'go' };

/**
 * A primary begins when no other run of it has left its mark. An `update` without `running` is half a mark: a person
 * removed the other half by hand.
 */
export function mayBegin(roster: Roster): Permission {
  const by = [...(roster.running ? [RUNNING] : []), ...(roster.update ? [UPDATE] : [])];
  return by.length === 0 ? GO : { kind: 'blocked', by };
}

/** A primary updates when no secondary is between join and leave. */
export function mayUpdate(roster: Roster): Permission {
  if (roster.secondaries.length === 0) return GO;
  return { kind: 'blocked', by: roster.secondaries.map((name) => `${RUNNING}.${name}`) };
}

/** A secondary joins when the primary neither updates nor is about to, and when no earlier run of its own has left its mark. */
export function mayJoin(roster: Roster, secondary: string): Permission {
  if (roster.secondaries.includes(secondary)) return { kind: 'blocked', by: [`${RUNNING}.${secondary}`] };
  return roster.update ? { kind: 'blocked', by: [UPDATE] } : GO;
}
