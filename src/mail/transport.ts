import type { Mail } from '../config/project.js';
import type { Letter } from './letter.js';

/** The result of one attempt to deliver a letter to a recipient. */
export type Outcome =
  /** The other side has taken it over. */
  | { readonly kind: 'delivered' }
  /** Not now: the mailbox is full, or the server asks for another attempt. */
  | { readonly kind: 'temporary'; readonly why: string }
  /** Never: there is no such mailbox. */
  | { readonly kind: 'permanent'; readonly why: string };

/** What came of one attempt to send a letter. */
export interface Sent {
  /** By address. Who is missing was not tried. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Why other letters should not be tried now; undefined when they may be. */
  readonly stopped?: Stop;
}

export type Stop =
  /** It concerns every letter: the server does not answer, or the login is wrong. */
  | { readonly kind: 'unavailable'; readonly why: string }
  /** The server took longer over this letter than we wait; another letter may be delivered, at another time. */
  | { readonly kind: 'hanging'; readonly why: string }
  /** Told to stop. */
  | { readonly kind: 'aborted' };

/** How mails leave this machine. */
export interface Transport {
  /** @param recipients addresses, of those who get the letter and have not got it */
  send(letter: Letter, recipients: readonly string[], signal: AbortSignal): Promise<Sent>;
}

/** How long to wait, in milliseconds. */
export interface Limits {
  /** For a connection with its TLS and its greeting. */
  readonly connectMs: number;
  /** While a server says nothing. */
  readonly silenceMs: number;
  /** For the end of a sendmail. */
  readonly programMs: number;
}

export const LIMITS: Limits = { connectMs: 30_000, silenceMs: 60_000, programMs: 60_000 };

/** For messages. */
export function transportName(settings: Mail['transport']): string {
  return settings.type === 'smtp' ? `${settings.host}:${settings.port}` : settings.program;
}
