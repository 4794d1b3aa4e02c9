import { createHash } from 'node:crypto';
import { isAddress } from '../config/address.js';
import { array, map, object, optional, string, type TypeOf, time, where } from '../records/schema.js';
import { COLLECTED } from './collected.js';
import { oneLine } from './one-line.js';

const ID = /^[A-Za-z0-9._-]{1,100}$/;
const MARK = /^[A-Za-z]{1,30}$/;

/** One that a mail can go to, and nothing else that a server or a sendmail would understand. */
export const ADDRESS = where(string(), isAddress);

/** Who sends or gets a mail. */
export const MAILBOX = object({ name: optional(string()), address: ADDRESS });
export type Mailbox = TypeOf<typeof MAILBOX>;

/** One mail as it waits in the spool: plain values, the same to the byte at each attempt. */
export const LETTER = object({
  /**
   * Unique and stable: the Message-ID and the name in the spool are made of it, and a letter whose id is in the spool is not
   * put there again. 1 to 100 of `A-Za-z0-9._-`.
   */
  id: string(ID),
  from: MAILBOX,
  to: array(MAILBOX),
  cc: array(MAILBOX),
  subject: string(),
  text: string(),
  html: string(),
  /** ISO 8601; the Date header. */
  date: time,
  /** The id of the letter that this one follows, for readers that show them together. */
  follows: optional(string(ID)),
  /** What it says in parts, so that others can be put into it; its subject and texts are made of these. */
  collected: optional(COLLECTED),
  /** `X-Stagelock-…` headers, for filters: what stands behind that, and the value. */
  marks: optional(map(string(), MARK)),
});
export type Letter = TypeOf<typeof LETTER>;

/**
 * The id of a letter about something: the same for the same, and no two things have the same.
 *
 * @param kind a word for people who read Message-IDs
 */
export function letterId(kind: string, ...about: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(about)).digest('hex');
  return `${kind}.${digest.slice(0, 32)}`;
}

/** @returns undefined when there can be no such address */
export function mailbox(address: string, name = ''): Mailbox | undefined {
  if (!isAddress(address)) return undefined;
  const line = oneLine(name, 100);
  return line === '' || line === address ? { address } : { name: line, address };
}

/** The mailboxes of addresses from the configuration. */
export function mailboxes(addresses: readonly string[]): Mailbox[] {
  return distinct(addresses.flatMap((address) => mailbox(address) ?? []));
}

/** Each address once, the first of each; they are compared without regard to case. */
export function distinct(all: readonly Mailbox[]): Mailbox[] {
  const seen = new Set<string>();
  return all.filter(({ address }) => {
    const key = address.toLowerCase();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** All recipients of a letter, each address once. */
export function recipientsOf({ to, cc }: Letter): string[] {
  return distinct([...to, ...cc]).map(({ address }) => address);
}

/** Who a mail is from: as it is configured, else the user at this host as cron has it. */
export function senderOf(from: string | undefined, user: string, host: string): Mailbox {
  const address = [from, `${user}@${host}`, `stagelock@${host}`].find((each) => each !== undefined && isAddress(each));
  return { name: 'stagelock', address: address ?? 'stagelock@localhost' };
}
