import type { LineHead } from './line-journal.js';

/** What a build has to do so that its journal on this host says what etcd says. */
export type CatchingUp =
  /** They say the same, or neither says anything. */
  | { readonly kind: 'same' }
  /** Only this host knows of updates: the newest one is put into etcd, for the others to begin with. */
  | { readonly kind: 'publish' }
  /** This host knows of none: it begins with the newest one. */
  | { readonly kind: 'begin'; readonly sequence: number }
  /** The records after this number are missing here. */
  | { readonly kind: 'copy'; readonly after: number }
  /** The primary has not recorded anything yet. */
  | { readonly kind: 'nothing-recorded' }
  /** What this host has recorded, etcd has lost: it was set back, or the journal is that of another primary. */
  | { readonly kind: 'contradiction'; readonly why: string };

/**
 * @param here the newest record of the journal on this host
 * @param there the newest one in etcd
 */
export function catchingUp(
  role: 'primary' | 'follower',
  here: LineHead | undefined,
  there: LineHead | undefined,
): CatchingUp {
  if (there === undefined) {
    if (here === undefined) return role === 'primary' ? { kind: 'same' } : { kind: 'nothing-recorded' };
    return role === 'primary'
      ? { kind: 'publish' }
      : { kind: 'contradiction', why: `etcd has no record, and this host has come to record ${here.sequence}` };
  }
  if (here === undefined) return { kind: 'begin', sequence: there.sequence };
  if (here.sequence < there.sequence) return { kind: 'copy', after: here.sequence };
  if (here.sequence > there.sequence) {
    return {
      kind: 'contradiction',
      why: `etcd ends at record ${there.sequence}, and this host has come to record ${here.sequence}`,
    };
  }
  if (here.revision === there.revision) return { kind: 'same' };
  return {
    kind: 'contradiction',
    why: `record ${here.sequence} is ${there.revision} in etcd and ${here.revision} on this host`,
  };
}
