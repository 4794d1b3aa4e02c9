import type { Coordination } from '../config/project.js';
import { Keys } from '../coordination/keys.js';
import type { Common } from '../coordination/named-lock.js';
import { Presence } from '../coordination/presence.js';
import { SharedWatch } from '../coordination/removals.js';
import { Etcd } from '../etcd/etcd.js';
import type { EtcdConnection } from './hold-in-etcd.js';

/** A lease, and the locks that are held by it. */
interface Life {
  readonly presence: Presence;
  users: number;
  /** No more locks are to be held by it: it ends with its last one. */
  retired: boolean;
}

/** One connection, one lease and one watch for all locks that the agent holds in one etcd. */
export class AgentSession {
  readonly coordination: Coordination;
  readonly #etcd: Etcd;
  readonly #watch: SharedWatch;
  #life: Promise<Life> | undefined;

  constructor(coordination: Coordination) {
    this.coordination = coordination;
    this.#etcd = new Etcd(coordination);
    this.#watch = new SharedWatch(this.#etcd, new Keys(coordination.prefix).objects);
  }

  /**
   * What a lock is held by, until {@link EtcdConnection.close}.
   *
   * @throws EtcdError when no lease is granted
   */
  async connect(): Promise<EtcdConnection> {
    const life = await this.#living();
    life.users++;
    const common: Common = {
      presence: life.presence,
      untilRemoved: this.#watch.untilRemoved,
      onLeft: () => {
        life.retired = true;
      },
    };
    return { etcd: this.#etcd, common, close: () => this.#leave(life) };
  }

  /** When nothing is held any more. */
  async close(): Promise<void> {
    await this.#watch.close();
    const life = await this.#life?.catch(() => undefined);
    await life?.presence.end();
    await this.#etcd.close();
  }

  async #living(): Promise<Life> {
    const begun = this.#life;
    const life = await begun?.catch(() => undefined);
    if (life !== undefined && !life.retired && !life.presence.lost.aborted) return life;
    // Another one may have begun a new one meanwhile.
    if (this.#life === begun) this.#life = this.#begin();
    return this.#life ?? this.#begin();
  }

  async #begin(): Promise<Life> {
    const presence = await Presence.begin(this.#etcd, this.coordination.leaseMs, 'briefly');
    return { presence, users: 0, retired: false };
  }

  async #leave(life: Life): Promise<void> {
    life.users--;
    if (life.users === 0 && (life.retired || life.presence.lost.aborted)) await life.presence.end();
  }
}
