import { join } from 'node:path';
import { openLock } from '../locks/index.js';
import { compactTime } from '../text/compact-time.js';
import { type Attempts, dueAt } from './attempts.js';
import type { Entry } from './entry.js';
import { forgetOutage, type Outage, readOutage, writeOutage } from './outage.js';
import type { Spool, Spooled } from './spool.js';

/** What a delivery takes from outside. */
export interface DeliveryContext {
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Do not wait until an attempt is due again: a person has mended something. */
  readonly atOnce: boolean;
  /** What was never tried need not wait any more for what belongs to it: nothing else will come. */
  readonly isComplete?: () => boolean;
}

/** What came of it. */
export interface Delivery {
  /** What the other side has taken over: reports, or mails of which one to three people counts three times. */
  readonly delivered: number;
  /** What is still in the spool and can be read, as far as it was looked at. */
  readonly left: { readonly count: number };
  /** For a person: what was given up, what is in the way. */
  readonly problems: readonly string[];
  readonly end:
    | { readonly kind: 'empty' }
    /** Another process is delivering. */
    | { readonly kind: 'busy' }
    /** Nothing was tried; it will be at this time, in milliseconds since 1970. */
    | { readonly kind: 'not-due'; readonly atMs: number }
    /** The rest has to wait for a later time. */
    | { readonly kind: 'put-off'; readonly why: string }
    | { readonly kind: 'aborted' };
}

/** Why nothing else of a spool should be tried now. */
export type Stop =
  /** It concerns every entry, and the spool as a whole waits: the server does not answer, or the login is wrong. */
  | { readonly kind: 'outage'; readonly why: string }
  /** It may be this entry's fault. */
  | { readonly kind: 'put-off'; readonly why: string }
  /** Told to stop. */
  | { readonly kind: 'aborted' };

/** What came of one attempt to deliver an entry. */
export interface Attempted<Item> {
  readonly delivered: number;
  readonly problems: readonly string[];
  /** What stays in the spool, where the content says the same; undefined when the entry is gone. */
  readonly left: Item | undefined;
  /** Why it stays, when that keeps no other entry from being tried. */
  readonly why?: string | undefined;
  /** Whether the other side has said anything, so that there is no outage. */
  readonly heard: boolean;
  readonly stopped?: Stop | undefined;
}

/** Why something is given up. */
export type GivenUp =
  | { readonly kind: 'too-old'; readonly keepMs: number; readonly outage: Outage | undefined }
  | { readonly kind: 'too-much'; readonly mostBytes: number };

/** What one kind of spool does with its entries. All of it happens while no other process delivers from the same spool. */
export interface Courier<Item extends Spooled> {
  /**
   * `queue`: one that cannot be delivered now holds up those behind it, as the reports of one build, and when one gets through
   * the others need not wait. `pool`: each has its own fate, as mails.
   */
  readonly order: 'queue' | 'pool';
  /** Where it goes to, by which an outage is known, and the permission bits of what notes it. In a queue its first entry says as much. */
  readonly way?: { readonly name: string; readonly mode: number };
  readonly keepMs: number;
  /** Whether what is too old is still tried once more: the machine may have been off for as long as it is kept. */
  readonly triesOld: boolean;
  /** More than this is too much, and the oldest go, but never the newest. */
  readonly mostBytes: number;
  attempt(item: Item): Promise<Attempted<Item>>;
  /** Takes an entry out of the spool for good. @returns what to tell a person */
  giveUp(item: Item, why: GivenUp): readonly string[];
  /** Removes what a process has left that died at the very end of a delivery. */
  clear(path: string): void;
  /** Removes what processes have left elsewhere that died. @param nowMs milliseconds since 1970 */
  tidy?(nowMs: number): void;
}

/** How long one delivery goes on before it leaves the rest to later ones, in milliseconds. */
const LONGEST_MS = 5 * 60_000;
const TOOK_TOO_LONG = 'it has taken 5 minutes so far';

/** How long to wait for another process that delivers from the same spool: it goes on until nothing is due. */
const BUSY_MS = 2000;

/**
 * Delivers what of a spool is due, each entry at most once. An object lock of the spool sees to it that two processes do not
 * send the same. Costs the same whatever waits when nothing is due, and is linear in the number of entries when something is.
 *
 * @throws the system's error, LockError
 */
export async function deliverSpool<Item extends Spooled>(
  spool: Spool<Item>,
  courier: Courier<Item>,
  context: DeliveryContext,
): Promise<Delivery> {
  const round = new Round(spool, courier, context);
  const nothing = round.nothingToDo();
  if (nothing !== undefined) return nothing;
  const lock = openLock(join(spool.directory, 'delivery'));
  const acquisition = await lock.acquire({ timeoutMs: BUSY_MS, signal: context.signal });
  if (acquisition.kind !== 'acquired') {
    return round.result({ kind: acquisition.kind === 'aborted' ? 'aborted' : 'busy' });
  }
  try {
    spool.tidy(context.now().getTime());
    courier.tidy?.(context.now().getTime());
    return round.result(await round.run());
  } finally {
    acquisition.lock.release();
  }
}

/**
 * When something of a spool is due, in milliseconds since 1970.
 *
 * @returns undefined when nothing waits that can be delivered
 * @throws the system's error
 */
export function nextDueMs<Item extends Spooled>(
  spool: Spool<Item>,
  outage: Outage | undefined,
  nowMs: number,
): number | undefined {
  const dueMs = spool.nextDueMs(nowMs);
  return dueMs === undefined ? undefined : Math.max(dueMs, outage === undefined ? nowMs : dueAt(outage, nowMs));
}

/** Why a round goes no further. */
type Halt = Stop | Extract<Delivery['end'], { kind: 'not-due' }>;

/** One look at everything that is due. */
class Round<Item extends Spooled> {
  readonly #spool: Spool<Item>;
  readonly #courier: Courier<Item>;
  readonly #context: DeliveryContext;
  readonly #beganMs: number;
  readonly #problems: string[] = [];
  /** The stems of what was looked at. */
  readonly #seen = new Set<string>();
  /** Of those, what is in the way. */
  readonly #inTheWay = new Set<string>();
  #outage: Outage | undefined;
  #delivered = 0;
  /** Whether an entry was tried and nothing spoke against the next. */
  #isThrough = false;
  /** Whether it was made sure that no outage is noted, of whichever way. */
  #isOver = false;
  /** Why something stays that kept nothing else from being tried. */
  #why: string | undefined;

  constructor(spool: Spool<Item>, courier: Courier<Item>, context: DeliveryContext) {
    this.#spool = spool;
    this.#courier = courier;
    this.#context = context;
    this.#beganMs = this.#nowMs;
    this.#outage = this.#readOutage();
  }

  /** Looks at the names alone. @returns undefined when something has to be done */
  nothingToDo(): Delivery | undefined {
    const entries = this.#spool.entries();
    const nothing = { delivered: 0, left: { count: entries.length }, problems: [] };
    const [first] = entries;
    if (first === undefined) return { ...nothing, end: { kind: 'empty' } };
    if (this.#context.atOnce || this.#excess(entries) > 0) return undefined;
    const nowMs = this.#nowMs;
    const firstMs = entries.reduce((least, { attempts }) => Math.min(least, this.#dueMs(attempts, nowMs)), Infinity);
    const dueMs = this.#courier.order === 'queue' ? this.#dueMs(first.attempts, nowMs) : firstMs;
    const atMs = Math.max(dueMs, this.#outage === undefined ? nowMs : dueAt(this.#outage, nowMs));
    return atMs > nowMs ? { ...nothing, end: { kind: 'not-due', atMs } } : undefined;
  }

  /** @returns how it ended, as far as the loop knows */
  async run(): Promise<Delivery['end'] | undefined> {
    this.#outage = this.#readOutage();
    this.#giveUpTooMuch();
    const stopped = this.#isDue(this.#outage) ? await this.#round() : undefined;
    if (stopped?.kind === 'outage') {
      this.#giveUpOld();
      return { kind: 'put-off', why: stopped.why };
    }
    return stopped ?? (this.#why === undefined ? undefined : { kind: 'put-off', why: this.#why });
  }

  /** @param end undefined when everything that was due was tried, and nothing is to be said of the rest */
  result(end: Delivery['end'] | undefined): Delivery {
    const left = this.#spool.entries().filter(({ stem }) => !this.#inTheWay.has(stem));
    return {
      delivered: this.#delivered,
      left: { count: left.length },
      problems: this.#problems,
      end: this.#endOf(left, end),
    };
  }

  #endOf(left: readonly Entry[], end: Delivery['end'] | undefined): Delivery['end'] {
    if (end?.kind === 'aborted' || end?.kind === 'busy') return end;
    if (left.length === 0) return { kind: 'empty' };
    if (end !== undefined) return end;
    return { kind: 'not-due', atMs: nextDueMs(this.#spool, this.#outage, this.#nowMs) ?? this.#nowMs };
  }

  /** Every entry that is due, what others have put there meanwhile too. @returns why it went no further */
  async #round(): Promise<Halt | undefined> {
    for (let fresh = this.#inOrder(); fresh.length > 0; fresh = this.#inOrder()) {
      for (const entry of fresh) {
        this.#seen.add(entry.stem);
        const stopped = await this.#entry(entry);
        if (stopped !== undefined) return stopped;
      }
    }
    return undefined;
  }

  /** In a pool, what was tried last comes last, so that no entry keeps the others waiting that makes a server hang or refuse us. */
  #inOrder(): Entry[] {
    const entries = this.#spool.entries().filter(({ stem }) => !this.#seen.has(stem));
    if (this.#courier.order === 'queue') return entries;
    const triedAt = ({ attempts: { tried } }: Entry): string => (tried === undefined ? '' : compactTime(tried));
    return entries.sort((a, b) => (triedAt(a) < triedAt(b) ? -1 : Number(triedAt(a) > triedAt(b))));
  }

  async #entry(entry: Entry): Promise<Halt | undefined> {
    if (!this.#mayTry(entry.attempts)) return this.#waitsFor(entry.attempts);
    if (this.#isTooLong()) return { kind: 'put-off', why: TOOK_TOO_LONG };
    const taken = this.#spool.take(entry);
    const item = this.#read(taken);
    if (item === undefined) return undefined;
    if (this.#mayTry(item)) return await this.#attempt(taken, item);
    this.#spool.rename(taken, item);
    return this.#waitsFor(item);
  }

  /** In a queue, once something has got through, nothing behind it has to wait for the other side. */
  #mayTry(attempts: Attempts): boolean {
    return (this.#courier.order === 'queue' && this.#isThrough) || this.#isDue(attempts);
  }

  #waitsFor(attempts: Attempts): Halt | undefined {
    if (this.#courier.order === 'pool') return undefined;
    return { kind: 'not-due', atMs: dueAt(attempts, this.#nowMs) };
  }

  #isTooLong(): boolean {
    return !this.#context.atOnce && this.#nowMs - this.#beganMs > LONGEST_MS;
  }

  async #attempt(entry: Entry, item: Item): Promise<Stop | undefined> {
    const { delivered, problems, left, why, heard, stopped } = await this.#courier.attempt(item);
    this.#delivered += delivered;
    this.#problems.push(...problems);
    this.#why ??= why;
    if (stopped?.kind === 'outage') this.#noteOutage(stopped.why);
    else if (heard) this.#outageIsOver();
    if (stopped === undefined) this.#isThrough = true;
    if (left !== undefined) {
      if (this.#courier.triesOld && this.#isOld(left) && stopped?.kind !== 'aborted') this.#giveUpAsOld(left);
      else this.#spool.rename(entry, left);
    }
    return stopped;
  }

  /** @returns undefined when there is nothing to deliver, or no more */
  #read(entry: Entry): Item | undefined {
    const read = this.#spool.read(entry);
    if (typeof read === 'string') {
      this.#problems.push(read);
      this.#inTheWay.add(entry.stem);
      return undefined;
    }
    if (read === undefined) {
      this.#courier.clear(entry.path);
      return undefined;
    }
    if (this.#courier.triesOld || !this.#isOld(read)) return read;
    this.#giveUpAsOld(read);
    return undefined;
  }

  #isOld({ since }: Item): boolean {
    return this.#nowMs - Date.parse(since) > this.#courier.keepMs;
  }

  #giveUpAsOld(item: Item): void {
    const { keepMs } = this.#courier;
    this.#problems.push(...this.#courier.giveUp(item, { kind: 'too-old', keepMs, outage: this.#outage }));
  }

  /** During an outage each attempt fails for all of them. */
  #giveUpOld(): void {
    for (const entry of this.#spool.entries()) {
      if (this.#inTheWay.has(entry.stem) || !this.#mayBeOld(entry)) continue;
      if (this.#isTooLong()) return;
      const item = this.#spool.read(entry);
      if (typeof item === 'object' && this.#isOld(item)) this.#giveUpAsOld(item);
    }
  }

  #mayBeOld(entry: Entry): boolean {
    return this.#nowMs - this.#spool.bornMs(entry) > this.#courier.keepMs;
  }

  #giveUpTooMuch(): void {
    const { mostBytes } = this.#courier;
    const entries = this.#spool.entries();
    for (const entry of entries.slice(0, this.#excess(entries))) {
      this.#seen.add(entry.stem);
      const item = this.#read(entry);
      if (item !== undefined) this.#problems.push(...this.#courier.giveUp(item, { kind: 'too-much', mostBytes }));
    }
  }

  /** How many of the oldest have to go until the rest is not too much; the newest is always tried, however large it is. */
  #excess(entries: readonly Entry[]): number {
    const { mostBytes } = this.#courier;
    if (mostBytes === Number.POSITIVE_INFINITY) return 0;
    const sizes = entries.map((entry) => this.#spool.bytesOf(entry));
    let bytes = sizes.reduce((sum, size) => sum + size, 0);
    let count = 0;
    for (; bytes > mostBytes && count < entries.length - 1; count++) bytes -= sizes[count] ?? 0;
    return count;
  }

  #isDue(attempts: Attempts | undefined): boolean {
    return attempts === undefined || this.#context.atOnce || this.#dueMs(attempts, this.#nowMs) <= this.#nowMs;
  }

  /** The time comes in, and is asked for once: what is due now must not be due a moment later. */
  #dueMs(attempts: Attempts, nowMs: number): number {
    const collects = attempts.tries === 0 && attempts.notBefore !== undefined;
    return collects && this.#context.isComplete?.() === true ? nowMs : dueAt(attempts, nowMs);
  }

  #readOutage(): Outage | undefined {
    const { way } = this.#courier;
    const outage = way && readOutage(this.#spool.directory);
    return outage?.name === way?.name ? outage : undefined;
  }

  #noteOutage(why: string): void {
    const { way } = this.#courier;
    if (way === undefined) return;
    const now = this.#context.now().toISOString();
    const { since, tries } = this.#outage ?? { since: now, tries: 0 };
    this.#outage = { name: way.name, since, why, tries: tries + 1, tried: now };
    this.#isOver = false;
    writeOutage(this.#spool.directory, this.#outage, way.mode);
  }

  #outageIsOver(): void {
    if (this.#isOver || this.#courier.way === undefined) return;
    this.#outage = undefined;
    this.#isOver = true;
    forgetOutage(this.#spool.directory);
  }

  get #nowMs(): number {
    return this.#context.now().getTime();
  }
}
