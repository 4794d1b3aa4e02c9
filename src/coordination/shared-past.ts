import type { Etcd } from '../etcd/etcd.js';
import type { Operation } from '../etcd/transaction.js';
import type { Keys } from './keys.js';
import { sharedLease } from './shared-lease.js';

/** So many ends of runs are kept of each build. */
const KEPT = 20;
/** So many that are older go with one run: one is more than there should ever be. */
const AT_ONCE = 20;
/** The ends of a build that runs no more go by themselves, in seconds. */
const REMEMBERED_S = 90 * 86_400;
/** So many builds are asked for at most. */
const MOST_BUILDS = 500;

/** What a run says of its end. */
export interface EndTexts {
  readonly end: string;
  /** What failed; undefined where nothing did. */
  readonly excerpt: string | undefined;
}

/**
 * The ends of the newest runs of all builds, for those who look from other hosts.
 *
 * They are no part of the protocol, so no write is fenced: a run says its end when its locks are gone, and a run that was taken for
 * dead and goes on says what is true of it, too. Each has keys of its own, by its id, which nothing changes; a write that is done
 * twice or late finds them. Only the oldest are removed, and of two runs that end at once both may remove the same ones.
 * `latest` is for a list, and is right again after the next run if two came in the wrong order.
 */
export class SharedPast {
  readonly #etcd: Etcd;
  readonly #keys: Keys;

  constructor(etcd: Etcd, keys: Keys) {
    this.#etcd = etcd;
    this.#keys = keys;
  }

  /** @throws EtcdError; nothing of it, or all of it, is there then */
  async add(build: string, run: string, { end, excerpt }: EndTexts): Promise<void> {
    const keys = this.#keys;
    const prefix = keys.ends(build);
    const selection = { keysOnly: true, newestFirst: true, limit: KEPT + AT_ONCE };
    const { entries } = await this.#etcd.list(prefix, selection);
    const old = entries.slice(KEPT - 1).map(({ key }) => key.slice(prefix.length));
    const lease = await sharedLease(this.#etcd, prefix, REMEMBERED_S);
    const puts: Operation[] = [
      { put: keys.ended(build, run), value: end, lease },
      { put: keys.latest + build, value: end, lease },
      ...(excerpt === undefined ? [] : [{ put: keys.excerpt(build, run), value: excerpt, lease }]),
    ];
    const removals = old.flatMap((each): Operation[] => [
      { remove: keys.ended(build, each) },
      { remove: keys.excerpt(build, each) },
    ]);
    const compare = [{ key: keys.ended(build, run), what: 'absent' as const }];
    await this.#etcd.transact({ compare, then: [...puts, ...removals] });
  }

  /** Of a build, the newest first. @throws EtcdError */
  async of(build: string): Promise<readonly string[]> {
    const { entries } = await this.#etcd.list(this.#keys.ends(build), { newestFirst: true, limit: KEPT });
    return entries.map(({ value }) => value);
  }

  /** The newest of each build, by its name. @throws EtcdError */
  async latest(): Promise<ReadonlyMap<string, string>> {
    const { latest } = this.#keys;
    const { entries } = await this.#etcd.list(latest, { limit: MOST_BUILDS });
    return new Map(entries.map(({ key, value }) => [key.slice(latest.length), value]));
  }

  /** What failed in a run. @throws EtcdError */
  async excerpt(build: string, run: string): Promise<string | undefined> {
    return (await this.#etcd.get(this.#keys.excerpt(build, run)))?.value;
  }
}
