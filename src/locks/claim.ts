import type { Claim, Identity } from './marker.js';
import { readRecord } from './record-file.js';

/** The last claim of this process at each path, while it is held. */
const latest = new Map<string, Claim>();

/**
 * A claim by the file that names its owner. Who has lost it to somebody who removed it by force does not take the next one
 * for it: not that of another process, whose name is in it, nor a later one of our own, whose file may have the same inode.
 *
 * @param remove takes away what is ours; false when it was not there any more
 */
export function claimBy(path: string, identity: Identity, remove: () => boolean): Claim {
  const stands = (): boolean => latest.get(path) === claim && readRecord(path)?.identity === identity;
  const claim: Claim = {
    stands,
    giveBack: () => {
      const isOurs = stands();
      if (latest.get(path) === claim) latest.delete(path);
      return isOurs && remove();
    },
  };
  latest.set(path, claim);
  return claim;
}
