import type { Agent } from 'undici';
import { pause } from '../host/pause.js';
import { parseRecord, type Schema } from '../records/schema.js';
import { errorText } from '../text/error-text.js';
import { AUTHENTICATED, HEADED } from './answers.js';
import { connectionTo } from './connection.js';
import { EtcdError } from './error.js';
import { credentialsOf } from './login.js';
import { Members } from './members.js';
import { ask, type Message, type Reply } from './message.js';
import { type Refusal, refusalOf } from './refusal.js';
import type { EtcdSettings } from './settings.js';

/** What etcd is asked. */
export interface Call<T> {
  /** `/v3/kv/range`. */
  readonly path: string;
  readonly body: object;
  readonly answer: Schema<T>;
  /** Whether carrying it out twice does what once does: then it goes to another member when an answer is lost. */
  readonly repeatable: boolean;
}

/** @property refusal why the token was not taken */
type Attempt<T> =
  | { readonly kind: 'done'; readonly answer: T }
  | { readonly kind: 'token'; readonly member: string; readonly refusal: Refusal };

/** Between rounds in which members answered that they cannot do it for now, as in an election. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;

/** Why a member did not do it. */
interface Miss {
  readonly member: string;
  readonly why: string;
  /** Whether the member was there, so that it may do it in a moment: it said so, or a connection to it broke. */
  readonly there: boolean;
}

/**
 * Calls of a cluster, each within a limit of time, on whichever member answers.
 *
 * What may be repeated is asked of one member after the other, each with its part of the time, so that one that hangs leaves time for the
 * others. What may not goes to another member only if the first has certainly not received it.
 */
export class Calls {
  readonly members: Members;
  readonly #settings: EtcdSettings;
  readonly #environment: NodeJS.ProcessEnv;
  #agent: Agent | undefined;
  #token: Promise<string | undefined> | undefined;
  #cluster: string | undefined;
  #closed = false;

  constructor(settings: EtcdSettings, environment: NodeJS.ProcessEnv) {
    this.#settings = settings;
    this.#environment = environment;
    this.members = new Members(settings.endpoints);
  }

  get timeoutMs(): number {
    return this.#settings.requestTimeoutMs;
  }

  /** @throws EtcdError `refused`, when a file of a certificate cannot be read, or after {@link close} */
  get agent(): Agent {
    if (this.#closed) throw new EtcdError('refused', 'the connection to etcd is closed');
    try {
      this.#agent ??= connectionTo(this.#settings);
    } catch (error) {
      throw new EtcdError('refused', `no connection to etcd: ${errorText(error)}`, 'login');
    }
    return this.#agent;
  }

  /** @throws EtcdError */
  call<T>(call: Call<T>): Promise<T> {
    return this.#authorized(this.timeoutMs, (token, end) => this.#attempt(call, token, end));
  }

  /** Asks this member, and no other. @throws EtcdError */
  callOf<T>(member: string, call: Call<T>, limitMs = this.timeoutMs): Promise<T> {
    return this.#authorized(limitMs, (token, end) => this.#attemptOf(member, call, token, end));
  }

  /** With a new token where the one that there is was not taken. */
  async #authorized<T>(
    limitMs: number,
    attempt: (token: string | undefined, end: number) => Promise<Attempt<T>>,
  ): Promise<T> {
    const end = performance.now() + limitMs;
    const token = await this.token(end);
    const first = await attempt(token, end);
    if (first.kind === 'done') return first.answer;
    if (this.#settings.login === undefined) throw this.#refused(first.member, first.refusal);
    // Once: a member that refuses a token that it has just given will not take the next one.
    const again = await attempt(await this.renewToken(token, end), end);
    if (again.kind === 'done') return again.answer;
    throw this.#refused(again.member, again.refusal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent?.destroy();
  }

  /** What authenticates us; undefined where that is not wanted. @param end on the clock of performance.now() */
  async token(end: number): Promise<string | undefined> {
    if (this.#settings.login === undefined) return undefined;
    const wanted = this.#token ?? this.#authenticate(end);
    this.#token = wanted;
    try {
      return await wanted;
    } catch (error) {
      // The next call tries again.
      if (this.#token === wanted) this.#token = undefined;
      throw error;
    }
  }

  /** A new one instead of a token that was not taken; of several calls at once, the first one fetches it. */
  async renewToken(stale: string | undefined, end: number): Promise<string | undefined> {
    const current = await this.#token?.catch(() => undefined);
    if (current === stale) this.#token = undefined;
    return this.token(end);
  }

  async #authenticate(end: number): Promise<string | undefined> {
    const body = credentialsOf(this.#settings, this.#environment);
    if (body === undefined) return undefined;
    const call = { path: '/v3/auth/authenticate', body, answer: AUTHENTICATED, repeatable: true };
    try {
      const attempt = await this.#attempt(call, undefined, end);
      if (attempt.kind === 'done') return attempt.answer.token;
      throw this.#refused(attempt.member, attempt.refusal);
    } catch (error) {
      // Without authentication all may do all; etcd's own clients do not mind either.
      if (error instanceof EtcdError && /authentication is not enabled/.test(error.message)) return undefined;
      throw error;
    }
  }

  async #attemptOf<T>(member: string, call: Call<T>, token: string | undefined, end: number): Promise<Attempt<T>> {
    const reply = await ask(this.agent, messageOf(member, call, token), Math.max(1, end - performance.now()));
    const outcome = outcomeOf(reply, call);
    if (outcome.kind === 'done') return outcome;
    if (outcome.kind === 'missed') {
      throw new EtcdError(outcome.certain ? 'unavailable' : 'uncertain', messageAbout([{ ...outcome, member }]));
    }
    const { refusal } = outcome;
    if (refusal.meaning === 'token') return { kind: 'token', member, refusal };
    throw this.#refused(member, refusal);
  }

  async #attempt<T>(call: Call<T>, token: string | undefined, end: number): Promise<Attempt<T>> {
    const { agent } = this;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const misses: Miss[] = [];
      const round = this.members.order;
      for (const [index, member] of round.entries()) {
        const left = end - performance.now();
        if (left <= 0 && misses.length > 0) break;
        // Those after it get as much, and what is not needed is left to them.
        const limitMs = call.repeatable ? left / (round.length - index) : left;
        const reply = await ask(agent, messageOf(member, call, token), Math.max(1, limitMs));
        const outcome = outcomeOf(reply, call);
        if (outcome.kind !== 'missed') this.members.answered(member);
        else this.members.failed(member);
        if (outcome.kind === 'done') {
          this.#sameCluster(member, call, outcome.answer);
          return outcome;
        }
        if (outcome.kind === 'refused') {
          if (outcome.refusal.meaning === 'token') return { kind: 'token', member, refusal: outcome.refusal };
          throw this.#refused(member, outcome.refusal);
        }
        misses.push({ member, why: outcome.why, there: outcome.there });
        if (!call.repeatable && !outcome.certain) throw new EtcdError('uncertain', messageAbout(misses));
        if (this.#closed) throw new EtcdError('unavailable', messageAbout(misses));
      }
      // Where not one of them is there, waiting is the caller's decision.
      const waits = misses.some(({ there }) => there) && performance.now() + pauseMs < end;
      if (!waits) throw new EtcdError('unavailable', messageAbout(misses));
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /**
   * Members of two clusters, in one configuration or after one was made anew, know nothing of each other's locks.
   *
   * @throws EtcdError
   */
  #sameCluster(member: string, { repeatable }: Call<unknown>, answer: unknown): void {
    if (!HEADED.check(answer)) return;
    const { cluster_id } = answer.header;
    this.#cluster ??= cluster_id;
    if (this.#cluster === cluster_id) return;
    const message = `etcd at ${member} is of another cluster than the member that answered first`;
    throw new EtcdError(repeatable ? 'refused' : 'uncertain', message, 'other');
  }

  #refused(member: string, { message, reason }: Refusal): EtcdError {
    return new EtcdError('refused', `etcd at ${member} refuses: ${message}`, reason);
  }
}

function messageOf(endpoint: string, { path, body }: Call<unknown>, token: string | undefined): Message {
  return { endpoint, path, body, token };
}

/** @property certain that nothing was or will be carried out @property there whether the member was there */
type Outcome<T> =
  | { readonly kind: 'done'; readonly answer: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'missed'; readonly why: string; readonly certain: boolean; readonly there: boolean };

function outcomeOf<T>(reply: Reply, call: Call<T>): Outcome<T> {
  if (reply.kind === 'lost') return { kind: 'missed', why: reply.why, certain: !reply.sent, there: reply.sent };
  if (reply.kind === 'overlong') {
    const refusal: Refusal = { meaning: 'refused', reason: 'size', message: reply.why };
    // What was to be changed has been changed, or not.
    return call.repeatable
      ? { kind: 'refused', refusal }
      : { kind: 'missed', why: reply.why, certain: false, there: true };
  }
  const { status, text } = reply;
  // Of a stream of one line, an error may come with status 200.
  const answer = status === 200 ? parseRecord(call.answer, text) : undefined;
  if (answer !== undefined) return { kind: 'done', answer };
  const refusal = refusalOf(status, text);
  if (refusal.meaning === 'refused' || refusal.meaning === 'token') return { kind: 'refused', refusal };
  return { kind: 'missed', why: refusal.message, certain: refusal.meaning === 'elsewhere', there: true };
}

function messageAbout(misses: readonly Miss[]): string {
  return `etcd: ${misses.map(({ member, why }) => `${member}: ${why}`).join('; ')}`;
}
