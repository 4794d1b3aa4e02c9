import { pause } from '../host/pause.js';
import { parseRecord } from '../records/schema.js';
import { entryOf, RANGE, WATCHED, type Watched } from './answers.js';
import type { Calls } from './calls.js';
import { type Entry, rangeOf } from './entry.js';
import { EtcdError } from './error.js';
import { Lines } from './lines.js';
import { MOST_BYTES, send } from './message.js';
import { judge, type Refusal, refusalOf } from './refusal.js';

/** A change of a key. */
export interface Change {
  readonly kind: 'put' | 'removed';
  /** Of a removed one only the key and the revision of its removal. */
  readonly entry: Entry;
}

export interface Watching {
  /** The first revision whose changes are wanted. Without it, those from some moment after the call on. */
  readonly from?: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** @param revision that of the last of them: nothing before it is missing */
  onEvents(events: readonly Change[], revision: string): void;
  /** Changes are lost, since etcd has forgotten them: read all again. Changes after that are among those that follow. */
  onReset(): void;
}

/** Why a stream of changes has ended, other than by the signal. */
type End =
  | { readonly kind: 'lost' }
  | { readonly kind: 'token'; readonly error: EtcdError }
  /** @property next the first revision that is still known */
  | { readonly kind: 'forgotten'; readonly next: bigint }
  /** Also when the caller threw it. */
  | { readonly kind: 'refused'; readonly error: unknown };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Follows the changes of the keys with a prefix, until the signal fires. A stream that is lost goes on at another member after the last
 * revision that came, so no change is missing and none comes twice.
 */
export class Watch {
  readonly #calls: Calls;
  readonly #prefix: string;
  readonly #watching: Watching;
  #next: bigint | undefined;
  /** Whether the stream was ours to watch. */
  #heard = false;

  constructor(calls: Calls, prefix: string, watching: Watching) {
    this.#calls = calls;
    this.#prefix = prefix;
    this.#watching = watching;
    this.#next = watching.from === undefined ? undefined : BigInt(watching.from);
  }

  /** @throws EtcdError `refused`, when we may not watch it; never only because no member answers */
  async follow(): Promise<void> {
    const { signal } = this.#watching;
    let pauseMs = FIRST_PAUSE_MS;
    let stale: string | undefined;
    let renewed = false;
    while (!signal.aborted) {
      const [member = ''] = this.#calls.members.order;
      const before = this.#next;
      const token = await this.#token(stale);
      stale = undefined;
      const end = token === undefined ? LOST : await this.#stream(member, token.text);
      if (signal.aborted) return;
      if (this.#heard) renewed = false;
      // Older versions refuse a watch with a token that has expired as one that may not watch.
      if (end.kind === 'token' || (end.kind === 'refused' && isPermission(end.error))) {
        if (renewed || token?.text === undefined) throw end.error;
        renewed = true;
        stale = token.text;
        continue;
      }
      if (end.kind === 'refused') throw end.error;
      if (end.kind === 'forgotten') {
        this.#next = end.next;
        this.#watching.onReset();
        continue;
      }
      if (end.kind === 'lost') this.#calls.members.failed(member);
      if (this.#next !== before) pauseMs = FIRST_PAUSE_MS;
      await pause(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** @param stale one that was not taken @returns undefined when no member answers */
  async #token(stale: string | undefined): Promise<{ readonly text: string | undefined } | undefined> {
    const end = performance.now() + this.#calls.timeoutMs;
    try {
      const text = stale === undefined ? await this.#calls.token(end) : await this.#calls.renewToken(stale, end);
      return { text };
    } catch (error) {
      if (error instanceof EtcdError && error.kind !== 'refused') return undefined;
      throw error;
    }
  }

  /** Follows the changes at one member as long as it goes. */
  async #stream(member: string, token: string | undefined): Promise<End> {
    this.#heard = false;
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, this.#watching.signal]);
    const lines = new Lines(MOST_BYTES);
    let end: End | undefined;
    let pulse: NodeJS.Timeout | undefined;
    const finish = (why: End): void => {
      end ??= why;
      ending.abort();
    };
    // A member that hangs, or that is cut off from the others, keeps its stream and says nothing. One whose clients only read
    // would say nothing either. So it has to answer a read from time to time, for which it needs the others.
    const listen = (): void => {
      clearTimeout(pulse);
      pulse = setTimeout(async () => {
        const why = await this.#feel(member);
        if (signal.aborted) return;
        if (why === undefined) listen();
        else finish(why);
      }, this.#calls.timeoutMs);
    };
    const part = (status: number, chunk: Buffer): string | undefined => {
      listen();
      const complete = lines.add(chunk);
      if (complete === undefined) return 'a line without end';
      for (const line of complete) {
        const why = this.#hear(member, status, line);
        if (why === undefined) continue;
        end ??= why;
        return 'done';
      }
      return undefined;
    };
    try {
      listen();
      const message = { endpoint: member, path: '/v3/watch', body: this.#request(), token };
      await send(this.#calls.agent, message, { signal, listener: { part } });
      return end ?? LOST;
    } finally {
      clearTimeout(pulse);
      // Of a question to the member that is still on its way.
      ending.abort();
    }
  }

  #request(): object {
    const start = this.#next === undefined ? {} : { start_revision: String(this.#next) };
    return { create_request: { ...rangeOf(this.#prefix), ...start, progress_notify: true } };
  }

  #hear(member: string, status: number, line: string): End | undefined {
    if (line.trim() === '') return undefined;
    const result = status === 200 ? parseRecord(WATCHED, line)?.result : undefined;
    if (result !== undefined) return this.#take(member, result);
    return endOf(member, refusalOf(status, line));
  }

  #take(
    member: string,
    { header, created, canceled, compact_revision, cancel_reason, events = [] }: Watched,
  ): End | undefined {
    if (canceled === true) {
      if (compact_revision !== undefined) return { kind: 'forgotten', next: BigInt(compact_revision) };
      const message = cancel_reason ?? 'the watch was canceled';
      return endOf(member, { ...judge(undefined, message), message });
    }
    this.#heard = true;
    this.#calls.members.answered(member);
    if (created === true && header?.revision !== undefined) this.#next ??= BigInt(header.revision) + 1n;
    const last = events.at(-1)?.kv.mod_revision;
    // Not the revision of the header, which is that of the store: more changes up to it may follow.
    if (last === undefined) return undefined;
    this.#next = BigInt(last) + 1n;
    try {
      this.#watching.onEvents(
        events.map(({ type, kv }) => ({ kind: type === 'DELETE' ? 'removed' : 'put', entry: entryOf(kv) })),
        last,
      );
    } catch (error) {
      return { kind: 'refused', error };
    }
    return undefined;
  }

  /** Whether the member and its stream are still worth anything: undefined when they are. */
  async #feel(member: string): Promise<End | undefined> {
    const body = { ...rangeOf(this.#prefix), limit: '1', keys_only: true };
    try {
      const call = { path: '/v3/kv/range', body, answer: RANGE, repeatable: true };
      const { header } = await this.#calls.callOf(member, call);
      const now = BigInt(header?.revision ?? 0);
      // A store that is behind what it has told us was restored from a backup. Its changes would only come after it has caught up.
      if (this.#next !== undefined && now + 1n < this.#next) return { kind: 'forgotten', next: now + 1n };
      return undefined;
    } catch (error) {
      return error instanceof EtcdError && error.kind === 'refused' ? { kind: 'refused', error } : LOST;
    }
  }
}

const LOST: End = { kind: 'lost' };

function isPermission(error: unknown): boolean {
  return error instanceof EtcdError && error.reason === 'permission';
}

function endOf(member: string, refusal: Refusal): End {
  const error = new EtcdError('refused', `etcd at ${member} refuses: ${refusal.message}`, refusal.reason);
  if (refusal.meaning === 'token') return { kind: 'token', error };
  return refusal.meaning === 'refused' ? { kind: 'refused', error } : LOST;
}
