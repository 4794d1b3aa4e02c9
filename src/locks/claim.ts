import { performance } from 'node:perf_hooks';
import { pauseInPlace } from '../host/pause.js';
import { CACHED_AGAIN_MS, CACHED_MS } from '../tables/locks.js';
import type { Filesystem } from './filesystem.js';
import type { Claim, Identity, Seen } from './marker.js';
import { formatOwner } from './owner.js';
import { readRecord } from './record-file.js';

/** The last claim of this process at each path, while it is held. */
const latest = new Map<string, Claim>();

/** For how long a client may answer from its cache that a file which it has made itself is not there, and how often to ask again. */

/**
 * A claim by the file that names its owner. A process that lost it to a removal by force does not take the next one
 * for it: not that of another process, whose name is in it, nor a later one of our own, whose file may have the same inode.
 *
 * @param remove takes away what is ours; false when it was not there any more
 * @param reach of the file system. For up to a second a client of SMB or NFS may answer what it knew of a name before: that there is
 *   no such file, or an empty one. To give a lock up because of that would leave it to block all. So there it takes another
 *   owner's name to believe at once that it is lost.
 */
export function claimBy(path: string, identity: Identity, reach: Filesystem['reach'], remove: () => boolean): Claim {
  const look = (): 'ours' | 'lost' | 'unclear' => {
    if (latest.get(path) !== claim) return 'lost';
    const seen = readRecord(path);
    if (seen?.identity === identity) return 'ours';
    return reach === 'local' || isAnothers(seen, identity) ? 'lost' : 'unclear';
  };
  const claim: Claim = {
    stands: () => look() === 'ours',
    giveBack: () => {
      const until = performance.now() + CACHED_MS;
      let found = look();
      while (found === 'unclear' && performance.now() < until) {
        pauseInPlace(CACHED_AGAIN_MS);
        found = look();
      }
      if (latest.get(path) === claim) latest.delete(path);
      return found === 'ours' && remove();
    },
    leaveStanding: () => {
      if (latest.get(path) === claim) latest.delete(path);
    },
  };
  latest.set(path, claim);
  return claim;
}

/** Whether this is certainly a record of another process: not while it cannot be read, is not there or is empty. */
export function isAnothers(seen: Seen | undefined, identity: Identity): boolean {
  return seen?.owner !== undefined && !identity.endsWith(`:${formatOwner(seen.owner)}`);
}
