import type { PingSubscriber } from '../config/project.js';
import type { BuildEvent } from './event.js';
import { Exchange, judge } from './exchange.js';
import type { Sender, Sent } from './sender.js';
import { plainText } from './words.js';

/** Such a service keeps the beginning of what it gets, for a person who looks. */
const MOST_TEXT = 8000;

/** Tells a dead-man service when runs begin and end, as healthchecks.io takes it. */
export class PingSender implements Sender {
  readonly #subscriber: PingSubscriber;
  readonly #exchange: Exchange;

  constructor(subscriber: PingSubscriber, environment: NodeJS.ProcessEnv) {
    this.#subscriber = subscriber;
    this.#exchange = new Exchange(subscriber, environment);
  }

  async send(event: BuildEvent, signal: AbortSignal): Promise<Sent> {
    const url = pingUrl(this.#subscriber.url, event);
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    const body = event.event === 'start' ? '' : plainText(event, MOST_TEXT);
    const heard = await this.#exchange.send({ method: 'POST', url, headers, body }, signal);
    if (heard.kind !== 'heard') return heard;
    // healthchecks.io has status 200 for these, too.
    const [, trouble] = /^OK \((not found|rate limited)\)/.exec(heard.text) ?? [];
    if (heard.status === 200 && trouble === 'not found')
      return { kind: 'unavailable', why: 'answers that it knows no such check', lasting: true };
    if (heard.status === 200 && trouble === 'rate limited')
      return { kind: 'unavailable', why: 'answers that it got too many pings', retryAfterMs: 60_000 };
    return judge(heard, '; is it the ping URL of a check?');
  }

  async close(): Promise<void> {
    await this.#exchange.close();
  }
}

/** `/start`, nothing for a success, `/75` for an exit code; and the run, by which overlapping runs are told apart. */
export function pingUrl(base: string, { event, exitCode = 0, uuid }: BuildEvent): string {
  const url = new URL(base);
  const suffix = event === 'start' ? '/start' : event === 'test' ? '/log' : exitCode === 0 ? '' : `/${exitCode}`;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${suffix}`;
  url.searchParams.set('rid', uuid);
  return url.href;
}
