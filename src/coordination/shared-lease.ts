import { createHash } from 'node:crypto';
import type { Etcd } from '../etcd/etcd.js';

/**
 * A lease that all processes share which name the same, and each of them makes anew or renews: a lease costs etcd more memory than
 * a key, and one that outlives its keys is given back by no process. What it holds goes when none of them has come for so long.
 *
 * Two that come at once both get it: its ID is made of the name, and etcd has it once.
 *
 * @param name of what it holds, with the prefix of the project
 * @throws EtcdError
 */
export async function sharedLease(etcd: Etcd, name: string, seconds: number): Promise<string> {
  const id = String(createHash('sha256').update(name).digest().readBigUInt64BE() >> 1n || 1n);
  return (await etcd.renew(id)) === undefined ? etcd.grant(seconds, id) : id;
}
