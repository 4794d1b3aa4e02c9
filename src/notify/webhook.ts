import { createHmac } from 'node:crypto';
import type { WebhookSubscriber } from '../config/project.js';
import { hookTokenInTheClear } from '../secrets/in-the-clear.js';
import type { BuildEvent } from './event.js';
import { Exchange, judge, type Message } from './exchange.js';
import type { Sender, Sent } from './sender.js';
import { messageOf } from './template.js';
import { readKey } from './token.js';

/** Posts events to a URL. */
export class WebhookSender implements Sender {
  readonly #subscriber: WebhookSubscriber;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #exchange: Exchange;

  constructor(subscriber: WebhookSubscriber, environment: NodeJS.ProcessEnv) {
    this.#subscriber = subscriber;
    this.#environment = environment;
    this.#exchange = new Exchange(subscriber, environment);
  }

  async send(event: BuildEvent, signal: AbortSignal): Promise<Sent> {
    const { secret, token, template, url } = this.#subscriber;
    const insecure = hookTokenInTheClear(this.#subscriber);
    if (insecure !== undefined) return { kind: 'unavailable', why: insecure, lasting: true };
    const message = messageOf(template, url, event);
    const secrets: string[] = [];
    const headers: Record<string, string> = {
      ...message.headers,
      'x-stagelock-event': event.event,
      'x-stagelock-id': event.id,
    };
    if (token !== undefined) {
      const found = readKey(token, 'token', this.#environment);
      if (found.kind === 'unreadable') return { kind: 'unavailable', why: found.why, lasting: true };
      secrets.push(found.text);
      headers['authorization'] = `Bearer ${found.text}`;
    }
    if (secret !== undefined) {
      const found = readKey(secret, 'secret', this.#environment);
      if (found.kind === 'unreadable') return { kind: 'unavailable', why: found.why, lasting: true };
      headers['x-stagelock-signature'] = signatureOf(message, found.text);
    }
    const heard = await this.#exchange.send({ ...message, headers }, signal);
    return heard.kind === 'heard' ? judge(heard, '; is it the right URL and token?', secrets) : heard;
  }

  async close(): Promise<void> {
    await this.#exchange.close();
  }
}

/** `sha256=` and the HMAC of the body, in the form of GitHub's `X-Hub-Signature-256`. */
function signatureOf({ body }: Message, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
