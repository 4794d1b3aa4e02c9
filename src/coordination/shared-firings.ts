import { randomBytes } from 'node:crypto';
import type { Coordination } from '../config/project.js';
import { EtcdError } from '../etcd/error.js';
import { Etcd } from '../etcd/etcd.js';
import { pause } from '../host/pause.js';
import { makeOwnKey } from './key-of-ones-own.js';
import { Keys } from './keys.js';
import { sharedLease } from './shared-lease.js';

/** So long it is remembered that a firing has been run: longer than any scheduler makes one up, in seconds. */
const REMEMBERED_S = 48 * 3600;
const PAUSE_MS = 200;

/**
 * Begins the run of a firing, for all hosts that have the build: of those that come, in whatever order and however often, one may.
 * To be called by the run before it does anything. There is no leader that could die: when the host that would have run it is
 * gone, the next one that comes does.
 *
 * A process that dies right after it has begun the firing has spent it, as one that dies in its first step would on one host.
 *
 * @returns whether it is ours
 * @throws EtcdError when etcd cannot be reached or refuses it: then it is not begun by us, unless an answer was lost until the limit
 */
export async function beginSharedFiring(coordination: Coordination, build: string, firing: string): Promise<boolean> {
  const etcd = new Etcd(coordination);
  try {
    const key = new Keys(coordination.prefix).firing(build, firing);
    return await begin(etcd, key, await leaseOf(etcd, key), coordination);
  } finally {
    await etcd.close();
  }
}

/**
 * All firings of a build in one day of their names share a lease, so they are remembered until the last of them has been for long
 * enough, by the clock of etcd, whatever those of hosts say.
 */
function leaseOf(etcd: Etcd, key: string): Promise<string> {
  return sharedLease(etcd, key.replace(/(\d{8})T[^/]*$/, '$1'), REMEMBERED_S);
}

/** The value is our own, so that an answer that was lost is read back from the next one. */
async function begin(
  etcd: Etcd,
  key: string,
  lease: string,
  { host, requestTimeoutMs }: Coordination,
): Promise<boolean> {
  const value = `${host} ${process.pid} ${randomBytes(9).toString('base64url')}`;
  const end = performance.now() + 2 * requestTimeoutMs;
  for (;;) {
    try {
      return (await makeOwnKey(etcd, { key, value, lease })) !== undefined;
    } catch (error) {
      if (!(error instanceof EtcdError) || error.kind === 'refused' || performance.now() > end) throw error;
    }
    await pause(PAUSE_MS);
  }
}
