import type { Coordination } from '../config/project.js';
import { EtcdError } from '../etcd/error.js';
import { Etcd } from '../etcd/etcd.js';
import { Keys } from './keys.js';
import { LineJournalError } from './line-journal.js';

/** etcd could not be asked, or what stands there cannot be read. */
export interface AwayFromEtcd {
  readonly kind: 'away';
  readonly message: string;
}

/** For those who look at what stands in etcd, or change it once: a connection of their own, as long as the work takes. */
export async function lookInEtcd<T>(
  coordination: Coordination,
  work: (etcd: Etcd, keys: Keys) => Promise<T>,
): Promise<T | AwayFromEtcd> {
  const etcd = new Etcd(coordination);
  try {
    return await work(etcd, new Keys(coordination.prefix));
  } catch (error) {
    if (!(error instanceof EtcdError || error instanceof LineJournalError)) throw error;
    return { kind: 'away', message: error.message };
  } finally {
    await etcd.close();
  }
}
