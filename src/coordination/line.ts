import type { Entry } from '../etcd/entry.js';
import type { Etcd } from '../etcd/etcd.js';
import type { Compare, Operation } from '../etcd/transaction.js';
import type { Keys } from './keys.js';
import type { RunWriter, Written } from './run-writer.js';

/** A lock as it stands in etcd. */
export interface StandingLock {
  readonly key: string;
  /** The build below which it stands, and its name: `running`, `running.NAME` or that of a stage. */
  readonly build: string;
  readonly name: string;
  /** What its run has written into it. */
  readonly text: string;
  readonly createRevision: string;
}

/** What became of a step of the protocol. */
export type LineStep =
  | { readonly kind: 'done' }
  /** By these locks, at this revision of the store. */
  | { readonly kind: 'blocked'; readonly locks: readonly StandingLock[]; readonly seenAt: string }
  /** Locks of this run are not there any more: a person has cleared them, and another run may be at work. */
  | { readonly kind: 'cleared' }
  /** The project has moved to files, as this text says ({@link describeMoved}). Nothing was done. */
  | { readonly kind: 'moved'; readonly text: string }
  | { readonly kind: 'unanswered' };

/** A build in the line of builds that share the updates of one primary. */
export interface Place {
  readonly build: string;
  /** The primary whose updates they are; itself for the primary. */
  readonly primary: string;
}

const [RUNNING, UPDATE, CHECKOUT] = ['running', 'update', 'checkout'];

/**
 * The steps of the shared source protocol in etcd. Each is one transaction, so that no critical section is needed: what is compared
 * and what is put happen at one revision of the store. A process that dies before it has done nothing, one that dies after it leaves
 * its locks. Two that come at once are ordered by etcd, and one finds the other's lock. What one host is told late cannot hurt:
 * a comparison is about what stands in the store and not about what was read. On a full disk etcd refuses the whole.
 *
 * Each step compares the `create_revision` of the locks that the run holds: after a person has cleared them, no step
 * of it does anything any more, also where another run has made locks of the same names since.
 */
export class Line {
  readonly place: Place;
  readonly #etcd: Etcd;
  readonly #keys: Keys;
  readonly #writer: RunWriter;
  readonly #held = new Map<string, string>();

  constructor(etcd: Etcd, keys: Keys, writer: RunWriter, place: Place) {
    this.#etcd = etcd;
    this.#keys = keys;
    this.#writer = writer;
    this.place = place;
  }

  /** The keys of the locks that the run holds. */
  get held(): readonly string[] {
    return [...this.#held.keys()];
  }

  /** What makes a write of this run harmless once its locks have been cleared. */
  get fence(): Compare[] {
    return [...this.#held].map(([key, revision]) => ({ key, what: 'create', equals: revision }));
  }

  /**
   * "Primary begins": neither `running` nor `update` stands, and both are put.
   *
   * @param more put in the same transaction, such as the sign that the run lives
   * @param evenMoved also in a project that has moved to files: of what moves it back
   */
  beginPrimary(
    texts: { readonly running: string; readonly update: string },
    more: Operation[],
    { evenMoved = false } = {},
  ): Promise<LineStep> {
    return this.#put({ [RUNNING]: texts.running, [UPDATE]: texts.update }, more, { evenMoved });
  }

  /**
   * "A run begins", of a follower: at most one run of a build, on whatever host.
   *
   * @param absent what must not stand besides: a home that another host has put there since this one looked; the answer is then
   *   `cleared`, as no lock is in the way
   */
  beginFollower(text: string, more: Operation[], absent: readonly string[] = []): Promise<LineStep> {
    return this.#put({ [RUNNING]: text }, more, { absent });
  }

  /** "Secondary joins": no `update` of the primary and no mark of its own stand; the mark and `checkout` are put. */
  async join(texts: { readonly mark: string; readonly checkout: string }): Promise<LineStep> {
    const { build, primary } = this.place;
    const update = this.#keys.lock(primary, UPDATE);
    const mark = this.#keys.lock(primary, `${RUNNING}.${build}`);
    const checkout = this.#keys.lock(build, CHECKOUT);
    const made = { [mark]: texts.mark, [checkout]: texts.checkout };
    return this.#create(made, [], [{ key: update, what: 'absent' }], [update]);
  }

  /**
   * "Primary may update": no follower is between join and leave. `update` stands and stays, so that no further one can
   * join, and an answer can only be out of date in the harmless direction.
   */
  async mayUpdate(): Promise<LineStep> {
    const { build } = this.place;
    const { entries, revision } = await this.#etcd.list(this.#keys.lock(build, `${RUNNING}.`));
    const locks = entries.flatMap((entry) => standing(this.#keys, entry) ?? []);
    return locks.length === 0 ? { kind: 'done' } : { kind: 'blocked', locks, seenAt: revision };
  }

  /** "Primary updated", and of a follower: its checkout is what it will build. */
  endUpdate(): Promise<LineStep> {
    const { build, primary } = this.place;
    return this.#remove([this.#keys.lock(build, build === primary ? UPDATE : CHECKOUT)]);
  }

  /** A stage of the build begins. What an earlier run may have left there is not in the way: `running` was not there. */
  async beginStage(stage: string, text: string): Promise<LineStep> {
    const key = this.#keys.lock(this.place.build, stage);
    const written = await this.#writer.write(this.fence, [{ put: key, value: text }]);
    if (written.kind === 'written') this.#held.set(key, written.revision);
    return this.#stepOf(written);
  }

  endStage(stage: string): Promise<LineStep> {
    return this.#remove([this.#keys.lock(this.place.build, stage)]);
  }

  /** "Secondary leaves", "a run ends": all that it holds, at one revision. */
  end(): Promise<LineStep> {
    return this.#remove(this.held);
  }

  #put(
    texts: Readonly<Record<string, string>>,
    more: Operation[],
    { absent = [], evenMoved = false }: { readonly absent?: readonly string[]; readonly evenMoved?: boolean } = {},
  ): Promise<LineStep> {
    const made = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [this.#keys.lock(this.place.build, name), text]),
    );
    const moved = evenMoved ? [] : [this.#keys.moved];
    const compare = [...absent, ...moved].map((key): Compare => ({ key, what: 'absent' }));
    return this.#create(made, more, compare, moved);
  }

  async #create(
    made: Readonly<Record<string, string>>,
    more: Operation[],
    compare: Compare[] = [],
    inTheWay: string[] = [],
  ): Promise<LineStep> {
    const keys = Object.keys(made);
    const absent = keys.map((key): Compare => ({ key, what: 'absent' }));
    const puts = Object.entries(made).map(([put, value]): Operation => ({ put, value }));
    const looks = [...inTheWay, ...keys].map((get): Operation => ({ get }));
    const written = await this.#writer.write([...this.fence, ...absent, ...compare], [...puts, ...more], looks);
    if (written.kind === 'written') for (const key of keys) this.#held.set(key, written.revision);
    return this.#stepOf(written);
  }

  async #remove(keys: readonly string[]): Promise<LineStep> {
    const mine = keys.filter((key) => this.#held.has(key));
    if (mine.length === 0) return { kind: 'done' };
    const written = await this.#writer.write(
      this.fence,
      mine.map((remove) => ({ remove })),
    );
    if (written.kind === 'written') for (const key of mine) this.#held.delete(key);
    return this.#stepOf(written);
  }

  #stepOf(written: Written): LineStep {
    if (written.kind === 'written') return { kind: 'done' };
    if (written.kind === 'unanswered') return written;
    const found = written.found.flat();
    const locks = found.flatMap((entry) => standing(this.#keys, entry) ?? []);
    const moved = found.find(({ key }) => key === this.#keys.moved);
    if (locks.length === 0 && moved !== undefined) return { kind: 'moved', text: moved.value };
    // Nothing that was asked for stands in the way, so what the run held does not stand any more.
    return locks.length === 0 ? { kind: 'cleared' } : { kind: 'blocked', locks, seenAt: written.revision };
  }
}

/** The lock that an entry is; undefined for what else stands there. */
export function standing(keys: Keys, { key, value, createRevision }: Entry): StandingLock | undefined {
  const match = /^([^/]+)\/([^/]+)$/.exec(key.startsWith(keys.locks) ? key.slice(keys.locks.length) : '');
  const [, build, name] = match ?? [];
  return build === undefined || name === undefined ? undefined : { key, build, name, text: value, createRevision };
}
