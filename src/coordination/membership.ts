import type { Coordination } from '../config/project.js';
import { Etcd } from '../etcd/etcd.js';
import { Keys } from './keys.js';
import { Line, type Place } from './line.js';
import { LineJournal } from './line-journal.js';
import { patiently } from './patience.js';
import { Presence } from './presence.js';
import { RunWriter } from './run-writer.js';

/** A run that has leases: what it needs for the steps of the protocol. */
export class Membership {
  readonly etcd: Etcd;
  readonly keys: Keys;
  readonly presence: Presence;
  readonly writer: RunWriter;
  readonly line: Line;
  readonly journal: LineJournal;

  private constructor(etcd: Etcd, keys: Keys, presence: Presence, run: string, place: Place) {
    this.etcd = etcd;
    this.keys = keys;
    this.presence = presence;
    this.writer = new RunWriter(etcd, keys, run, presence);
    this.line = new Line(etcd, keys, this.writer, place);
    this.journal = new LineJournal(etcd, keys, place.primary);
  }

  /** @throws EtcdError when etcd grants no lease; nothing of the run is there then */
  static async begin(coordination: Coordination, run: string, place: Place): Promise<Membership> {
    const etcd = new Etcd(coordination);
    try {
      const presence = await Presence.begin(etcd, coordination.leaseMs);
      return new Membership(etcd, new Keys(coordination.prefix), presence, run, place);
    } catch (error) {
      await etcd.close();
      throw error;
    }
  }

  /** {@link patiently}, as long as the lease of this run is good. */
  patiently<T>(ask: () => Promise<T>): Promise<T | undefined> {
    return patiently(this.presence.lost, ask);
  }

  /** @param locks whether they stay: then the leases run out by themselves, and say since when the run is silent */
  async end(locks: 'gone' | 'stay'): Promise<void> {
    await (locks === 'gone' ? this.presence.end() : this.presence.stop());
    await this.etcd.close();
  }
}
