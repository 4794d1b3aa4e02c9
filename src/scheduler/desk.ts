import type { Project } from '../config/project.js';
import { deliverWaiting } from '../mail/deliver-waiting.js';
import { nextDueMs as nextMailMs } from '../mail/delivery.js';
import { mailSpoolOf } from '../mail/post-office.js';
import { deliverEvents, nextDueMs as nextEventMs } from '../notify/delivery.js';
import type { Delivery, DeliveryContext } from '../spool/delivery.js';
import { errorText } from '../text/error-text.js';

/** What a desk delivers. */
export interface Post {
  /** For messages. */
  readonly one: string;
  readonly many: string;
  /** @returns undefined when nothing waits */
  readonly deliver: (
    project: Project,
    context: DeliveryContext & { readonly environment: NodeJS.ProcessEnv },
  ) => Promise<Pick<Delivery, 'delivered' | 'problems' | 'end'> | undefined>;
  /** When something is due, in milliseconds since 1970; undefined when nothing waits. @throws the system's error */
  readonly nextDueMs: (project: Project, now: Date) => number | undefined;
}

/** The mails of a project. */
export const MAILS: Post = {
  one: 'mail',
  many: 'mails',
  deliver: deliverWaiting,
  nextDueMs: (project, now) => nextMailMs(mailSpoolOf(project), now),
};

/** The events for the entries of [[notify]]. */
export const EVENTS: Post = {
  one: 'notify',
  many: 'events',
  deliver: async (project, context) => {
    const all = await deliverEvents(project, { ...context, random: Math.random });
    if (all.length === 0) return undefined;
    const putOff = all.flatMap(({ subscriber, delivery: { end } }) =>
      end.kind === 'put-off' ? [`${subscriber.name}: ${end.why}`] : [],
    );
    return {
      delivered: all.reduce((sum, { delivery }) => sum + delivery.delivered, 0),
      problems: all.flatMap(({ delivery }) => delivery.problems),
      end: putOff.length === 0 ? { kind: 'empty' } : { kind: 'put-off', why: putOff.join('; ') },
    };
  },
  nextDueMs: nextEventMs,
};

/** What a desk takes from outside. */
export interface DeskContext {
  readonly now: () => Date;
  readonly environment: NodeJS.ProcessEnv;
  readonly note: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** No timer of Node's is longer, and the spool is one that other processes fill, too. */
const LONGEST_PAUSE_MS = 10 * 60_000;
/** A full disk is not emptied within a second. */
const BROKEN_PAUSE_MS = 60_000;

/** Delivers what is in spools of a project, now and whenever something of it is due again, as long as a scheduler runs. */
export class Desk {
  readonly #post: Post;
  readonly #context: DeskContext;
  readonly #stopped = new AbortController();
  #project: Project;
  #timer: NodeJS.Timeout | undefined;
  #delivery: Promise<void> | undefined;
  #putOff: string | undefined;
  /** Why the spool itself could not be worked on, the last time. */
  #broken: string | undefined;

  constructor(post: Post, project: Project, context: DeskContext) {
    this.#post = post;
    this.#project = project;
    this.#context = context;
  }

  use(project: Project): void {
    this.#project = project;
    this.look(); // a server's address may have been corrected
  }

  /** Something may be due. */
  look(): void {
    if (this.#stopped.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#delivery ??= this.#deliver().finally(() => {
      this.#delivery = undefined;
      this.#wait();
    });
  }

  /** One more attempt for what has come last, without the patience for a server that does not answer. @param limitMs for it */
  async close(limitMs: number): Promise<void> {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#stopped.abort(), limitMs);
    await this.#delivery;
    await this.#deliver();
    clearTimeout(timer);
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  async #deliver(): Promise<void> {
    const { now, environment, note, complain } = this.#context;
    try {
      const context = { now, environment, signal: this.#stopped.signal, atOnce: false };
      const delivery = await this.#post.deliver(this.#project, context);
      if (delivery === undefined) return;
      const { delivered, problems, end } = delivery;
      this.#broken = undefined;
      if (delivered > 0) note(`${this.#post.many} delivered: ${delivered}`);
      for (const problem of problems) complain(problem);
      if (end.kind === 'put-off' && end.why !== this.#putOff) note(`${this.#post.one}: postponed: ${end.why}`);
      this.#putOff = end.kind === 'put-off' ? end.why : undefined;
    } catch (error) {
      const why = errorText(error);
      if (why !== this.#broken) complain(`${this.#post.one}: ${why}; retrying each minute`);
      this.#broken = why;
    }
  }

  #wait(): void {
    if (this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(() => this.look(), Math.min(this.#untilDueMs(), LONGEST_PAUSE_MS));
  }

  #untilDueMs(): number {
    const now = this.#context.now();
    try {
      const dueMs = this.#post.nextDueMs(this.#project, now);
      return dueMs === undefined
        ? LONGEST_PAUSE_MS
        : Math.max(this.#broken === undefined ? 1000 : BROKEN_PAUSE_MS, dueMs - now.getTime());
    } catch {
      return LONGEST_PAUSE_MS;
    }
  }
}
