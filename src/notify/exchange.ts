import { type Dispatcher, request } from 'undici';
import { type ConnectionSettings, connectionOf } from '../http/connection.js';
import { firstOf, retryAfterMs } from '../http/headers.js';
import { printable } from '../http/printable.js';
import { reasonOf } from '../http/reason.js';
import { VERSION } from '../version.js';
import type { Sent } from './sender.js';

/** A request to a server. */
export interface Message {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly body: string;
}

/** What a server has answered. */
export interface Heard {
  readonly kind: 'heard';
  readonly status: number;
  /** Where it redirects to. */
  readonly location: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The beginning of what it said. */
  readonly text: string;
}

/** The status says whether it has taken the event; of what else it says a person needs a line. */
const MOST_BYTES = 16 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);
const MOST_REDIRECTS = 5;

/** A request that came at the wrong time is not the event's fault. */
const LATER: ReadonlySet<number> = new Set([408, 421, 423, 425, 429]);
/** The URL, the token or the proxy is not what it should be. */
const OF_THE_CONFIGURATION: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 410]);

/** Requests to one server, each within a limit of time, and answers of which only the beginning is read. */
export class Exchange {
  readonly #settings: ConnectionSettings;
  readonly #environment: NodeJS.ProcessEnv;
  #dispatcher: Dispatcher | undefined;

  constructor(settings: ConnectionSettings, environment: NodeJS.ProcessEnv) {
    this.#settings = settings;
    this.#environment = environment;
  }

  /** Sends a message, and follows redirects within the server: what goes to one must not get to another one. */
  async send(message: Message, signal: AbortSignal): Promise<Heard | Sent> {
    const limit = AbortSignal.timeout(this.#settings.timeoutMs);
    let url = new URL(message.url);
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const heard = await this.#ask(url, message, { limit, signal });
      if (heard.kind !== 'heard' || !REDIRECTS.has(heard.status) || heard.location === undefined) return heard;
      const next = URL.canParse(heard.location, url.href) ? new URL(heard.location, url) : undefined;
      if (next?.origin !== url.origin) {
        const where = next === undefined ? printable(heard.location) : next.origin;
        return { kind: 'unavailable', why: `redirects to ${where}, which is not followed`, lasting: true };
      }
      url = next;
    }
    return { kind: 'unavailable', why: `redirects more than ${MOST_REDIRECTS} times`, lasting: true };
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
  }

  async #ask(
    url: URL,
    { method, headers, body }: Message,
    { limit, signal }: { readonly limit: AbortSignal; readonly signal: AbortSignal },
  ): Promise<Heard | Sent> {
    if (signal.aborted) return { kind: 'aborted' };
    try {
      this.#dispatcher ??= connectionOf(this.#settings, this.#environment);
      const response = await request(url, {
        method,
        headers: { 'user-agent': `stagelock/${VERSION}`, ...headers },
        body: method === 'GET' ? null : body,
        dispatcher: this.#dispatcher,
        signal: AbortSignal.any([signal, limit]),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const { location, 'retry-after': retryAfter } = response.headers;
      return {
        kind: 'heard',
        status: response.statusCode,
        location: firstOf(location),
        retryAfterMs: retryAfterMs(firstOf(retryAfter)),
        text: await beginningOf(response.body),
      };
    } catch (error) {
      if (signal.aborted) return { kind: 'aborted' };
      if (!limit.aborted) return { kind: 'unavailable', why: reasonOf(error) };
      const why = `no answer within ${this.#settings.timeoutMs / 1000} s`;
      return { kind: 'unavailable', why, lasting: true };
    }
  }
}

/** Never throws: by then it is known whether the event was taken. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MOST_BYTES) break;
    }
  } catch {
    // Cut off; what there is will do.
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8');
}

/**
 * What an answer means for the event.
 *
 * @param advice on a status that only a person can help
 * @param secrets which some servers repeat
 */
export function judge(heard: Heard, advice: string, secrets: readonly string[] = []): Sent {
  const { status, retryAfterMs: afterMs } = heard;
  const text = secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), heard.text);
  const line = printable(text).trim();
  const said = `${status}${line === '' ? '' : `: ${line}`}`;
  if (status >= 200 && status <= 299) return { kind: 'delivered', answer: said };
  const why = `answers ${said}`;
  const later = afterMs === undefined ? {} : { retryAfterMs: afterMs };
  if (OF_THE_CONFIGURATION.has(status)) return { kind: 'unavailable', why: `${why}${advice}`, ...later, lasting: true };
  if (status >= 400 && status <= 499 && !LATER.has(status)) return { kind: 'refused', why };
  return { kind: 'unavailable', why, ...later };
}
