import { join } from 'node:path';
import type { Mail } from '../config/project.js';
import { openLock } from '../locks/index.js';
import { dueAt } from '../submission/patience.js';
import { formatDuration } from '../text/duration.js';
import { transportOf } from './chosen-transport.js';
import { forgetNoWay, type NoWay, readNoWay, writeNoWay } from './no-way.js';
import {
  dropLetter,
  giveUp,
  hasLetters,
  type Missed,
  readSpool,
  type SpooledLetter,
  tidySpool,
  writeLetter,
} from './spool.js';
import { type Sent, type Stop, type Transport, transportName } from './transport.js';

/** What a delivery takes from outside. */
export interface MailContext {
  readonly now: () => Date;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Do not wait until an attempt is due again: a person has mended something. */
  readonly atOnce: boolean;
}

/** What came of it. */
export interface MailDelivery {
  /** How often somebody's mail was taken over; a letter to three counts three times. */
  readonly delivered: number;
  /** What is still in the spool. */
  readonly left: readonly SpooledLetter[];
  /** For a person: who will not get a mail, and what is in the way. */
  readonly problems: readonly string[];
  readonly end:
    | { readonly kind: 'empty' }
    /** Somebody else is at it. */
    | { readonly kind: 'busy' }
    /** Nothing was tried; it will be at this time, in milliseconds since 1970. */
    | { readonly kind: 'not-due'; readonly atMs: number }
    /** The rest has to wait for a later time. */
    | { readonly kind: 'put-off'; readonly why: string }
    | { readonly kind: 'aborted' };
}

/** How long to wait for another process that delivers from the same spool: it goes on until nothing is due. */
const BUSY_MS = 2000;

/** When something was tried that never was. */
const EVER = new Date(0).toISOString();

/**
 * Delivers what is in a spool: each letter that is due, once, to everybody who has not got it. An object lock of the spool
 * sees to it that two processes do not send the same.
 *
 * A letter leaves the spool when everybody has got it. A process that dies between the server's 250 and that sends it once
 * more, and so does one that never hears the 250: SMTP has no way to tell. The Message-ID is the same then, by which most
 * mailboxes know it for what it is.
 *
 * @throws the system's error, LockError
 */
export async function deliverMail(spool: string, mail: Mail, context: MailContext): Promise<MailDelivery> {
  if (!hasLetters(spool)) return { delivered: 0, left: [], problems: [], end: { kind: 'empty' } };
  const acquisition = await openLock(join(spool, 'delivery')).acquire({ timeoutMs: BUSY_MS, signal: context.signal });
  if (acquisition.kind !== 'acquired') {
    const kind = acquisition.kind === 'aborted' ? 'aborted' : 'busy';
    return { delivered: 0, left: readSpool(spool).letters, problems: [], end: { kind } };
  }
  try {
    tidySpool(spool, context.now().getTime());
    return await new Postman(spool, mail, context).run();
  } finally {
    acquisition.lock.release();
  }
}

/**
 * When something of a spool is due, in milliseconds since 1970.
 *
 * @returns undefined when nothing waits
 * @throws the system's error
 */
export function nextDueMs(spool: string, now: Date): number | undefined {
  const nowMs = now.getTime();
  const dues = readSpool(spool).letters.map((letter) => dueAt(letter, nowMs));
  if (dues.length === 0) return undefined;
  const noWay = readNoWay(spool);
  return Math.max(Math.min(...dues), noWay === undefined ? nowMs : dueAt(noWay, nowMs));
}

class Postman {
  readonly #spool: string;
  readonly #mail: Mail;
  readonly #context: MailContext;
  readonly #name: string;
  readonly #problems: string[] = [];
  #transport: Transport | undefined;
  #noWay: NoWay | undefined;
  #delivered = 0;
  #putOff: string | undefined;

  constructor(spool: string, mail: Mail, context: MailContext) {
    this.#spool = spool;
    this.#mail = mail;
    this.#context = context;
    this.#name = transportName(mail.transport);
    const noWay = readNoWay(spool);
    this.#noWay = noWay?.name === this.#name ? noWay : undefined;
  }

  async run(): Promise<MailDelivery> {
    const content = readSpool(this.#spool);
    this.#problems.push(...content.problems);
    const stopped = await this.#round(content.letters);
    this.#giveUpOld(stopped?.kind === 'unavailable');
    const left = readSpool(this.#spool).letters;
    return { delivered: this.#delivered, left, problems: this.#problems, end: this.#endOf(left, stopped) };
  }

  #endOf(left: readonly SpooledLetter[], stopped: Stop | undefined): MailDelivery['end'] {
    if (stopped?.kind === 'aborted') return stopped;
    if (left.length === 0) return { kind: 'empty' };
    const why = stopped?.why ?? this.#putOff;
    if (why !== undefined) return { kind: 'put-off', why: `${this.#name}: ${why}` };
    return { kind: 'not-due', atMs: nextDueMs(this.#spool, this.#context.now()) ?? this.#nowMs };
  }

  /** Every letter that is due, those of others that came meanwhile too. @returns why it went no further */
  async #round(letters: readonly SpooledLetter[]): Promise<Stop | undefined> {
    if (!this.#isDue(this.#noWay)) return undefined;
    const looked = new Set<string>();
    for (let fresh = letters; fresh.length > 0; ) {
      // Who was tried last comes last, so that no letter keeps the others waiting that makes a server hang or refuse us.
      for (const spooled of fresh.toSorted((a, b) => Date.parse(a.tried ?? EVER) - Date.parse(b.tried ?? EVER))) {
        looked.add(spooled.path);
        const stopped = this.#isDue(spooled) ? await this.#attempt(spooled) : undefined;
        if (stopped !== undefined) return stopped;
      }
      fresh = readSpool(this.#spool).letters.filter(({ path }) => !looked.has(path));
    }
    return undefined;
  }

  #isDue(attempts: SpooledLetter | NoWay | undefined): boolean {
    return attempts === undefined || this.#context.atOnce || dueAt(attempts, this.#nowMs) <= this.#nowMs;
  }

  /** @returns why no other letter should be tried now */
  async #attempt(spooled: SpooledLetter): Promise<Stop | undefined> {
    const { waiting } = spooled;
    // Written down before it is made: on a full disk nothing is sent that could not be remembered, and would be sent again.
    const tried = { ...spooled, tries: spooled.tries + 1, tried: this.#context.now().toISOString() };
    if (waiting.length > 0) writeLetter(tried);
    const addresses = waiting.map(({ address }) => address);
    const sent = await this.#send(tried, addresses);
    const { stopped } = sent;
    const { stillWaiting, refused } = this.#sort(tried, sent);
    // What concerns every letter is not counted against this one.
    const counted = stopped === undefined || stopped.kind === 'hanging' ? tried : { ...tried, tries: spooled.tries };
    this.#settle({ ...counted, waiting: stillWaiting, refused: [...spooled.refused, ...refused] });
    if (stopped?.kind === 'unavailable') this.#note(stopped.why);
    else if (sent.outcomes.size > 0) this.#wayIsThere();
    return stopped;
  }

  async #send({ letter }: SpooledLetter, addresses: readonly string[]): Promise<Sent> {
    if (addresses.length === 0) return { outcomes: new Map() };
    this.#transport ??= await transportOf(this.#mail.transport, this.#context.environment);
    return await this.#transport.send(letter, addresses, this.#context.signal);
  }

  /** Who has still to get a letter, and who will not. */
  #sort(
    { letter, waiting }: SpooledLetter,
    { outcomes, stopped }: Sent,
  ): { stillWaiting: Missed[]; refused: Missed[] } {
    const [stillWaiting, refused]: [Missed[], Missed[]] = [[], []];
    for (const missed of waiting) {
      const outcome = outcomes.get(missed.address);
      switch (outcome?.kind) {
        case 'delivered':
          this.#delivered++;
          break;
        case 'permanent':
          refused.push({ ...missed, why: outcome.why });
          this.#problems.push(notDelivered(letter.subject, missed.address, `${this.#name}: ${outcome.why}`));
          break;
        case 'temporary':
          this.#putOff ??= `${missed.address}: ${outcome.why}`;
          stillWaiting.push({ ...missed, why: outcome.why });
          break;
        default:
          stillWaiting.push(
            stopped === undefined || stopped.kind === 'aborted' ? missed : { ...missed, why: stopped.why },
          );
      }
    }
    return { stillWaiting, refused };
  }

  #settle(spooled: SpooledLetter): void {
    if (spooled.waiting.length > 0) writeLetter(spooled);
    else if (spooled.refused.length > 0) giveUp(this.#spool, spooled);
    else dropLetter(spooled);
  }

  /** A letter is given up only after an attempt in vain: the machine may have been off for as long as letters are kept. */
  #giveUpOld(wasTried: boolean): void {
    const { keepMs } = this.#mail;
    for (const spooled of readSpool(this.#spool).letters) {
      if (this.#nowMs - Date.parse(spooled.since) <= keepMs || (spooled.tries === 0 && !wasTried)) continue;
      const days = `given up after ${formatDuration(keepMs)}`;
      const refused = spooled.waiting.map(({ address, why }) => {
        const last = why || this.#noWay?.why || 'nothing was heard';
        this.#problems.push(notDelivered(spooled.letter.subject, address, `${this.#name}: ${last}; ${days}`));
        return { address, why: `${last}; ${days}` };
      });
      giveUp(this.#spool, { ...spooled, waiting: [], refused: [...spooled.refused, ...refused] });
    }
  }

  #note(why: string): void {
    const now = this.#context.now().toISOString();
    const { since, tries } = this.#noWay ?? { since: now, tries: 0 };
    this.#noWay = { name: this.#name, since, why, tries: tries + 1, tried: now };
    writeNoWay(this.#spool, this.#noWay);
  }

  #wayIsThere(): void {
    this.#noWay = undefined;
    forgetNoWay(this.#spool);
  }

  get #nowMs(): number {
    return this.#context.now().getTime();
  }
}

function notDelivered(subject: string, address: string, why: string): string {
  return `the mail "${subject}" could not be delivered to ${address}: ${why}`;
}
