import type { Project } from '../config/project.js';
import { deliverWaiting } from '../mail/deliver-waiting.js';
import { nextDueMs } from '../mail/delivery.js';
import { mailSpoolOf } from '../mail/post-office.js';
import { errorText } from '../text/error-text.js';

/** What a desk takes from outside. */
export interface MailDeskContext {
  readonly now: () => Date;
  readonly environment: NodeJS.ProcessEnv;
  readonly note: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** No timer of Node's is longer, and the spool is one that other processes fill, too. */
const LONGEST_PAUSE_MS = 10 * 60_000;
/** A full disk is not emptied within a second. */
const BROKEN_PAUSE_MS = 60_000;

/** Delivers what is in the spool of a project, now and whenever something of it is due again, as long as a scheduler runs. */
export class MailDesk {
  readonly #context: MailDeskContext;
  readonly #stopped = new AbortController();
  #project: Project;
  #timer: NodeJS.Timeout | undefined;
  #delivery: Promise<void> | undefined;
  #putOff: string | undefined;
  /** Why the spool itself could not be worked on, the last time. */
  #broken: string | undefined;

  constructor(project: Project, context: MailDeskContext) {
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
      const delivery = await deliverWaiting(this.#project, context);
      if (delivery === undefined) return;
      const { delivered, problems, end } = delivery;
      this.#broken = undefined;
      if (delivered > 0) note(`mails delivered: ${delivered}`);
      for (const problem of problems) complain(problem);
      if (end.kind === 'put-off' && end.why !== this.#putOff) note(`mail: postponed: ${end.why}`);
      this.#putOff = end.kind === 'put-off' ? end.why : undefined;
    } catch (error) {
      const why = errorText(error);
      if (why !== this.#broken) complain(`mail: ${why}; retrying each minute`);
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
      const dueMs = nextDueMs(mailSpoolOf(this.#project), now);
      return dueMs === undefined
        ? LONGEST_PAUSE_MS
        : Math.max(this.#broken === undefined ? 1000 : BROKEN_PAUSE_MS, dueMs - now.getTime());
    } catch {
      return LONGEST_PAUSE_MS;
    }
  }
}
