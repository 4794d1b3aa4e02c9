import type { Project, Subscriber } from '../config/project.js';
import { pause } from '../host/pause.js';
import { dueAt } from '../spool/attempts.js';
import {
  type Attempted,
  type Courier,
  type Delivery,
  type DeliveryContext,
  deliverSpool,
  type GivenUp,
} from '../spool/delivery.js';
import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { senderOf } from './chosen-sender.js';
import type { Sender, Sent } from './sender.js';
import { dropEvent, eventsIn, hasEvents, isOutdated, type SpooledEvent, spoolOf, writeEvent } from './spool.js';

/** What a delivery takes from outside. */
export interface NotifyContext extends DeliveryContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly random: () => number;
}

/** What came of the delivery to one subscriber. */
export interface Notified {
  readonly subscriber: Subscriber;
  readonly delivery: Delivery;
}

/** Pauses before further attempts of one run, in milliseconds: a server that is started anew answers a moment later. */
const PAUSES_MS = [1000, 4000];
/** A run that waits longer than this for a server should rather leave it to the next. */
const LONGEST_PAUSE_MS = 10_000;
/** After this many refusals an event is given up, and no longer blocks those behind it. */
const MOST_REFUSALS = 3;
/** A dead-man service gives an alarm soon: with this many failed attempts the pause is 8 minutes, and no longer. */
const MOST_INHERITED = 3;
/** Of what waits for one subscriber, in bytes. */
const MOST_BYTES = 50_000_000;

/**
 * Delivers what waits for the subscribers of a project and is due, to all of them at the same time: none waits for another
 * one's server.
 *
 * An event leaves its spool when the other side has taken it over. A process that dies between that and its removal sends it once
 * more, with the same id, and so does one that never hears the answer.
 *
 * @throws the system's error, LockError
 */
export async function deliverEvents(project: Project, context: NotifyContext): Promise<Notified[]> {
  const waiting = project.subscribers.filter((subscriber) => hasEvents(spoolOf(project, subscriber)));
  return await Promise.all(
    waiting.map(async (subscriber) => {
      const spool = spoolOf(project, subscriber);
      const messenger = new Messenger(spool, subscriber, context);
      try {
        const delivery = await deliverSpool(eventsIn(spool), messenger, context);
        return { subscriber, delivery: { ...delivery, problems: [...delivery.problems, ...messenger.losses()] } };
      } finally {
        await messenger.close();
      }
    }),
  );
}

/** When something of a project is due, in milliseconds since 1970; undefined when nothing waits. @throws the system's error */
export function nextDueMs(project: Project, now: Date): number | undefined {
  const dues = project.subscribers.flatMap(
    (subscriber) => firstDueMs(spoolOf(project, subscriber), now.getTime()) ?? [],
  );
  return dues.length === 0 ? undefined : Math.min(...dues);
}

/** In a queue the first one says when it is the turn of all. */
function firstDueMs(spool: string, nowMs: number): number | undefined {
  const events = eventsIn(spool);
  for (const entry of events.entries()) {
    const read = events.read(entry);
    if (typeof read === 'object') return dueAt(read, nowMs);
  }
  return undefined;
}

class Messenger implements Courier<SpooledEvent> {
  readonly order = 'queue';
  readonly triesOld: boolean;
  readonly mostBytes = MOST_BYTES;
  readonly keepMs: number;
  readonly #spool: string;
  readonly #subscriber: Subscriber;
  readonly #context: NotifyContext;
  #sender: Sender | undefined;
  /** Failed attempts of what a later event has outdated: the server is away for as long. */
  #inheritedTries = 0;
  #lost = 0;
  #whyLost = '';

  constructor(spool: string, subscriber: Subscriber, context: NotifyContext) {
    this.#spool = spool;
    this.#subscriber = subscriber;
    this.#context = context;
    this.keepMs = subscriber.keepMs;
    // A dead-man service must not take for news what was so long ago.
    this.triesOld = subscriber.kind !== 'ping';
  }

  async attempt(found: SpooledEvent): Promise<Attempted<SpooledEvent>> {
    if (this.#subscriber.kind === 'ping' && isOutdated(this.#spool, found)) {
      this.#inheritedTries = Math.max(this.#inheritedTries, found.tries);
      dropEvent(found);
      return { delivered: 0, problems: [], left: undefined, heard: false };
    }
    const { notBefore: _, ...spooled } = found;
    const tries = Math.max(spooled.tries, Math.min(this.#inheritedTries, MOST_INHERITED)) + 1;
    const isFirst = tries === 1;
    // Written down before it is made: on a full disk nothing is sent that could not be remembered, and would be sent again.
    const tried: SpooledEvent = { ...spooled, tries, tried: this.#context.now().toISOString() };
    writeEvent(tried);
    const sent = await this.#patiently(tried, isFirst);
    switch (sent.kind) {
      case 'delivered':
        this.#inheritedTries = 0;
        dropEvent(tried);
        return { delivered: 1, problems: [], left: undefined, heard: true };
      case 'refused': {
        const refusals = tried.refusals + 1;
        if (refusals >= MOST_REFUSALS) {
          dropEvent(tried);
          const what = `${this.#where}: an event (${tried.event.event} of ${tried.event.build}) is given up after ${refusals} attempts`;
          return { delivered: 0, problems: [`${what}: ${sent.why}`], left: undefined, heard: true };
        }
        return this.#putOff({ ...tried, refusals, why: sent.why });
      }
      case 'unavailable': {
        const afterMs = sent.retryAfterMs;
        const notBefore =
          afterMs === undefined ? {} : { notBefore: new Date(this.#context.now().getTime() + afterMs).toISOString() };
        return this.#putOff({ ...tried, ...notBefore, why: sent.why });
      }
      case 'aborted':
        // A stop is no failed attempt.
        writeEvent(found);
        return { delivered: 0, problems: [], left: found, heard: false, stopped: sent };
    }
  }

  giveUp(spooled: SpooledEvent, { kind }: GivenUp): readonly string[] {
    dropEvent(spooled);
    if (this.#subscriber.kind === 'ping' && isOutdated(this.#spool, spooled)) return [];
    this.#lost++;
    const age = kind === 'too-old' ? `given up after ${formatDuration(this.keepMs)}` : 'given up, since too much waits';
    this.#whyLost = `${age}${spooled.why === '' ? '' : `: ${spooled.why}`}`;
    return [];
  }

  clear(path: string): void {
    dropEvent({ path });
  }

  /** What was given up, in one line however many they were. */
  losses(): string[] {
    return this.#lost === 0 ? [] : [`${this.#where}: ${counted(this.#lost, 'event')} ${this.#whyLost}`];
  }

  async close(): Promise<void> {
    await this.#sender?.close();
  }

  #putOff(left: SpooledEvent): Attempted<SpooledEvent> {
    writeEvent(left);
    return { delivered: 0, problems: [], left, heard: false, stopped: { kind: 'put-off', why: left.why } };
  }

  /** Several attempts where only the circumstances are against it; what an earlier run could not deliver does not deserve that. */
  async #patiently({ event }: SpooledEvent, isFirst: boolean): Promise<Sent> {
    const { environment, random, signal } = this.#context;
    this.#sender ??= await senderOf(this.#subscriber, environment);
    for (let attempt = 0; ; attempt++) {
      const sent = await this.#sender.send(event, signal);
      const pauseMs = isFirst ? PAUSES_MS[attempt] : undefined;
      if (sent.kind !== 'unavailable' || sent.lasting || pauseMs === undefined) return sent;
      const waitMs = Math.max(pauseMs * (0.75 + random() / 2), sent.retryAfterMs ?? 0);
      if (waitMs > LONGEST_PAUSE_MS) return sent;
      await pause(waitMs, signal);
      if (signal.aborted) return { kind: 'aborted' };
    }
  }

  get #where(): string {
    return `notify ${this.#subscriber.name}`;
  }
}
