import { createHash } from 'node:crypto';
import { isAddress } from '../config/address.js';
import { UNSEEN_CLASS } from '../text/unseen.js';

/** Who sends or gets a mail. */
export interface Mailbox {
  readonly name?: string;
  readonly address: string;
}

/** One mail as it waits in the spool: plain values, the same to the byte at each attempt. */
export interface Letter {
  /**
   * Unique and stable: the Message-ID and the name in the spool are made of it, and a letter whose id is in the spool is not
   * put there again. 1 to 100 of `A-Za-z0-9._-`.
   */
  readonly id: string;
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** ISO 8601; the Date header. */
  readonly date: string;
  /** The id of the letter that this one follows, for readers that show them together. */
  readonly follows?: string;
  /** `X-Stagelock-…` headers, for filters: what stands behind that, and the value. */
  readonly marks?: Readonly<Record<string, string>>;
}

const ID = /^[A-Za-z0-9._-]{1,100}$/;
const MARK = /^[A-Za-z]{1,30}$/;

/**
 * The id of a letter about something: the same for the same, and no two things have the same.
 *
 * @param kind a word for people who read Message-IDs
 */
export function letterId(kind: string, ...about: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(about)).digest('hex');
  return `${kind}.${digest.slice(0, 32)}`;
}

const UNSEEN = new RegExp(`[${UNSEEN_CLASS}]+`, 'gu');

/**
 * What others wrote, an author's name say, as one line for a header or a sentence. Nothing in it can begin another header,
 * or passes for an encoded word that the reader's program would decode.
 *
 * @param most UTF-16 units that are kept
 */
export function oneLine(text: string, most = 200): string {
  const line = wellFormed(text).replaceAll(UNSEEN, ' ').replaceAll('=?', '= ?').replaceAll(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${wellFormed(line.slice(0, most - 1)).trimEnd()}…`;
}

/** Halves of surrogate pairs become U+FFFD, as in every UTF-8 that is made of them. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
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

/** Everybody who gets a letter, each address once. */
export function recipientsOf({ to, cc }: Letter): string[] {
  return distinct([...to, ...cc]).map(({ address }) => address);
}

/** Who a mail is from: as it is configured, else the user at this host as cron has it. */
export function senderOf(from: string | undefined, user: string, host: string): Mailbox {
  const address = [from, `${user}@${host}`, `stagelock@${host}`].find((each) => each !== undefined && isAddress(each));
  return { name: 'stagelock', address: address ?? 'stagelock@localhost' };
}

/** What stands in a file is only known after a look. */
export function isLetter(value: unknown): value is Letter {
  if (typeof value !== 'object' || value === null) return false;
  const { id, from, to, cc, subject, text, html, date, follows, marks } = value as Record<keyof Letter, unknown>;
  return (
    isId(id) &&
    isMailbox(from) &&
    [to, cc].every((list) => Array.isArray(list) && list.every(isMailbox)) &&
    [subject, text, html].every((each) => typeof each === 'string') &&
    isTime(date) &&
    (follows === undefined || isId(follows)) &&
    (marks === undefined || areMarks(marks))
  );
}

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isMailbox(value: unknown): value is Mailbox {
  if (typeof value !== 'object' || value === null) return false;
  const { name, address } = value as Record<keyof Mailbox, unknown>;
  return typeof address === 'string' && isAddress(address) && (name === undefined || typeof name === 'string');
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

function areMarks(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, text]) => MARK.test(name) && typeof text === 'string')
  );
}
