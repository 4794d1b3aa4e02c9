import { createHash } from 'node:crypto';
import { domainToASCII } from 'node:url';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Letter, Mailbox } from './letter.js';
import { oneLine } from './one-line.js';

/*
 * This file loads nodemailer. Only transports import it, and they are loaded when there is something to send: every cron
 * job starts this program.
 */

/** How a letter travels: an address with letters outside ASCII before the @ needs a server that knows RFC 6531. */
export type Alphabet = 'ascii' | 'unicode';

/**
 * The letter as RFC 5322 has it, lines ended by LF or CRLF as MIME gives them; the same to the byte each time.
 *
 * @param alphabet `ascii` leaves addresses that cannot be written so out of To and Cc, since a server that has not agreed
 *   to anything else may refuse the whole mail
 */
export async function messageOf(letter: Letter, alphabet: Alphabet): Promise<Buffer> {
  const shown = (all: readonly Mailbox[]) =>
    all.filter(({ address }) => alphabet === 'unicode' || alphabetOf(address) === 'ascii').map(asShown);
  const composer = new MailComposer({
    from: asShown(letter.from),
    to: shown(letter.to),
    cc: shown(letter.cc),
    subject: oneLine(letter.subject),
    date: new Date(letter.date),
    messageId: messageId(letter, letter.id),
    ...(letter.follows !== undefined && {
      inReplyTo: messageId(letter, letter.follows),
      references: messageId(letter, letter.follows),
    }),
    text: letter.text,
    html: letter.html,
    headers: headersOf(letter),
    // The same at each attempt, and yet no log can be written that holds the boundary of the letter that quotes it.
    baseBoundary: createHash('sha256').update(JSON.stringify(letter)).digest('hex').slice(0, 32),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

/** An address as the envelope has it: domains outside ASCII have a form in it (IDNA), what stands before the @ has none. */
export function envelopeAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

export function alphabetOf(address: string): Alphabet {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  return /^[\u0000-\u007f]*$/.test(envelopeAddress(address)) ? 'ascii' : 'unicode';
}

function asShown({ name, address }: Mailbox): { name: string; address: string } {
  return { name: oneLine(name ?? '', 100), address: envelopeAddress(address) };
}

/** `<id@domain of the sender>` */
function messageId({ from }: Letter, id: string): string {
  const domain = envelopeAddress(from.address).split('@').at(-1) ?? '';
  return `<${id}@${/^[A-Za-z0-9._-]+$/.test(domain) ? domain : 'localhost'}>`;
}

/** No automatic reply of an absent recipient must come back, whichever header their program goes by. */
function headersOf({ marks = {} }: Letter): Record<string, string> {
  return {
    'Auto-Submitted': 'auto-generated',
    Precedence: 'bulk',
    'X-Auto-Response-Suppress': 'All',
    ...Object.fromEntries(Object.entries(marks).map(([name, value]) => [`X-Stagelock-${name}`, oneLine(value)])),
  };
}
