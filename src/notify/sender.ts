import type { BuildEvent } from './event.js';

/** What came of one attempt to send an event. */
export type Sent =
  /** The other side has taken it over. */
  | {
      readonly kind: 'delivered';
      /** What it said, in one line; for a person who tries it out. */
      readonly answer: string;
    }
  /** Nothing that this event could help: another attempt may work, and the events behind it would fare no better. */
  | {
      readonly kind: 'unavailable';
      readonly why: string;
      /** What the server has asked for. */
      readonly retryAfterMs?: number;
      /** No use in trying again in some seconds: a person has to mend it, or it took as long as it may. */
      readonly lasting?: true;
    }
  /** The other side has looked at this very event and does not want it. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Told to stop. */
  | { readonly kind: 'aborted' };

/** How events get to one subscriber. */
export interface Sender {
  send(event: BuildEvent, signal: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}
