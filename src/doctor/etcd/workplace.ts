import { randomBytes } from 'node:crypto';
import type { Etcd } from '../../etcd/etcd.js';

/** Longer than all that a test takes, on slow members, too. */
const LEASE_S = 120;

/**
 * Where a test makes its keys: below a prefix of its own, all with leases, so that nothing stays for ever, not even of a test that
 * is killed.
 */
export class EtcdWorkplace {
  readonly etcd: Etcd;
  /** Ends in a slash. */
  readonly prefix: string;
  readonly lease: string;
  readonly #leases = new Set<string>();

  /** @throws EtcdError when no lease can be made */
  static async open(etcd: Etcd, prefix: string): Promise<EtcdWorkplace> {
    return new EtcdWorkplace(etcd, `${prefix}/doctor/${randomBytes(8).toString('hex')}/`, await etcd.grant(LEASE_S));
  }

  private constructor(etcd: Etcd, prefix: string, lease: string) {
    this.etcd = etcd;
    this.prefix = prefix;
    this.lease = lease;
    this.#leases.add(lease);
  }

  /** Another lease, which {@link clear} ends. */
  async grant(seconds: number): Promise<string> {
    const lease = await this.etcd.grant(seconds);
    this.#leases.add(lease);
    return lease;
  }

  put(name: string, lease = this.lease) {
    return this.etcd.transact({ compare: [], then: [{ put: `${this.prefix}${name}`, value: '', lease }] });
  }

  /**
   * Removes everything. Ending the leases removes their keys, also where we may not remove keys.
   *
   * @throws EtcdError when that fails; then the keys go with their leases, within {@link LEASE_S} seconds
   */
  async clear(): Promise<void> {
    const results = await Promise.allSettled([...this.#leases].map((lease) => this.etcd.revoke(lease)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}
