import type { Mail } from '../config/project.js';
import {
  type Attempted,
  type Courier,
  type Delivery,
  type DeliveryContext,
  deliverSpool,
  type GivenUp,
  nextDueMs as nextDueOf,
  type Stop,
} from '../spool/delivery.js';
import { readOutage } from '../spool/outage.js';
import { formatDuration } from '../text/duration.js';
import { transportOf } from './chosen-transport.js';
import { withOthers } from './collecting.js';
import {
  dropLetter,
  giveUp,
  lettersIn,
  MODE,
  type PendingRecipient,
  type SpooledLetter,
  tidyFailed,
  writeLetter,
} from './spool.js';
import { type Sent, type Transport, transportName } from './transport.js';

/** What a delivery takes from outside. */
export interface MailContext extends DeliveryContext {
  readonly environment: NodeJS.ProcessEnv;
}

/** What came of it; a letter to three counts three times. */
export type MailDelivery = Delivery;

/**
 * Delivers what is in a spool: each letter that is due, once, to every recipient who has not got it.
 *
 * A letter leaves the spool when every recipient has got it. A process that dies between the server's 250 and that sends it once
 * more, and so does one that never hears the 250: SMTP has no way to tell. The Message-ID is the same then, by which most
 * mailboxes know it for what it is.
 *
 * @throws the system's error, LockError
 */
export async function deliverMail(spool: string, mail: Mail, context: MailContext): Promise<MailDelivery> {
  const postman = new Postman(spool, mail, context);
  const delivery = await deliverSpool(lettersIn(spool), postman, context);
  const { end } = delivery;
  return end.kind === 'put-off' ? { ...delivery, end: { ...end, why: `${postman.way.name}: ${end.why}` } } : delivery;
}

/**
 * When something of a spool is due, in milliseconds since 1970.
 *
 * @returns undefined when nothing waits
 * @throws the system's error
 */
export function nextDueMs(spool: string, now: Date): number | undefined {
  return nextDueOf(lettersIn(spool), readOutage(spool), now.getTime());
}

class Postman implements Courier<SpooledLetter> {
  readonly order = 'pool';
  readonly triesOld = true;
  readonly mostBytes = Number.POSITIVE_INFINITY;
  readonly keepMs: number;
  readonly way: { readonly name: string; readonly mode: number };
  readonly #spool: string;
  readonly #mail: Mail;
  readonly #context: MailContext;
  #transport: Transport | undefined;

  constructor(spool: string, mail: Mail, context: MailContext) {
    this.#spool = spool;
    this.#mail = mail;
    this.#context = context;
    this.keepMs = mail.keepMs;
    this.way = { name: transportName(mail.transport), mode: MODE };
  }

  async attempt(found: SpooledLetter): Promise<Attempted<SpooledLetter>> {
    const { notBefore: _, ...spooled } = withOthers(this.#spool, found);
    const { waiting } = spooled;
    // Written down before it is made: on a full disk nothing is sent that could not be remembered, and would be sent again.
    const tried = { ...spooled, tries: spooled.tries + 1, tried: this.#context.now().toISOString() };
    if (waiting.length > 0) writeLetter(tried);
    const addresses = waiting.map(({ address }) => address);
    const sent = await this.#send(tried, addresses);
    const { stopped } = sent;
    const { delivered, stillWaiting, refused, putOff } = sort(tried, sent);
    // What concerns every letter is not counted against this one.
    const counted = stopped === undefined || stopped.kind === 'hanging' ? tried : { ...tried, tries: spooled.tries };
    return {
      delivered,
      problems: refused.map(({ address, why }) => this.#notDelivered(spooled, address, why)),
      left: this.#settle({ ...counted, waiting: stillWaiting, refused: [...spooled.refused, ...refused] }),
      why: putOff && `${putOff.address}: ${putOff.why}`,
      heard: sent.outcomes.size > 0,
      stopped: stopped && stopOf(stopped),
    };
  }

  giveUp(spooled: SpooledLetter, { kind, ...how }: GivenUp): readonly string[] {
    const outage = 'outage' in how ? how.outage?.why : undefined;
    const age = kind === 'too-old' ? `given up after ${formatDuration(this.keepMs)}` : 'given up';
    const lost = spooled.waiting.map(({ address, why }) => {
      return { address, why: `${why || outage || 'nothing was heard'}; ${age}` };
    });
    giveUp(this.#spool, { ...spooled, waiting: [], refused: [...spooled.refused, ...lost] });
    return lost.map(({ address, why }) => this.#notDelivered(spooled, address, why));
  }

  clear(path: string): void {
    dropLetter({ path });
  }

  tidy(nowMs: number): void {
    tidyFailed(this.#spool, nowMs);
  }

  async #send({ letter }: SpooledLetter, addresses: readonly string[]): Promise<Sent> {
    if (addresses.length === 0) return { outcomes: new Map() };
    this.#transport ??= await transportOf(this.#mail.transport, this.#context.environment);
    return await this.#transport.send(letter, addresses, this.#context.signal);
  }

  /** @returns what stays in the spool */
  #settle(spooled: SpooledLetter): SpooledLetter | undefined {
    if (spooled.waiting.length > 0) {
      writeLetter(spooled);
      return spooled;
    }
    if (spooled.refused.length > 0) giveUp(this.#spool, spooled);
    else dropLetter(spooled);
    return undefined;
  }

  #notDelivered({ letter }: SpooledLetter, address: string, why: string): string {
    return `the mail "${letter.subject}" could not be delivered to ${address}: ${this.way.name}: ${why}`;
  }
}

/** Who has still to get a letter, and who will not. */
function sort(
  { waiting }: SpooledLetter,
  { outcomes, stopped }: Sent,
): {
  delivered: number;
  stillWaiting: PendingRecipient[];
  refused: PendingRecipient[];
  putOff: PendingRecipient | undefined;
} {
  const [stillWaiting, refused]: [PendingRecipient[], PendingRecipient[]] = [[], []];
  let delivered = 0;
  let putOff: PendingRecipient | undefined;
  for (const missed of waiting) {
    const outcome = outcomes.get(missed.address);
    switch (outcome?.kind) {
      case 'delivered':
        delivered++;
        break;
      case 'permanent':
        refused.push({ ...missed, why: outcome.why });
        break;
      case 'temporary':
        putOff ??= { ...missed, why: outcome.why };
        stillWaiting.push({ ...missed, why: outcome.why });
        break;
      default:
        stillWaiting.push(
          stopped === undefined || stopped.kind === 'aborted' ? missed : { ...missed, why: stopped.why },
        );
    }
  }
  return { delivered, stillWaiting, refused, putOff };
}

function stopOf(stopped: NonNullable<Sent['stopped']>): Stop {
  switch (stopped.kind) {
    case 'unavailable':
      return { kind: 'outage', why: stopped.why };
    case 'hanging':
      return { kind: 'put-off', why: stopped.why };
    case 'aborted':
      return stopped;
  }
}
