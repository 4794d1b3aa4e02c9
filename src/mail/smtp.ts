import { readFileSync } from 'node:fs';
import type { NodemailerError } from 'nodemailer/lib/errors';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpTransport } from '../config/project.js';
import { passwordInTheClear } from '../secrets/in-the-clear.js';
import { errorText } from '../text/error-text.js';
import type { Letter } from './letter.js';
import { type Alphabet, alphabetOf, envelopeAddress, messageOf } from './message.js';
import { oneLine } from './one-line.js';
import { readPassword } from './password.js';
import { judgeReply } from './reply.js';
import type { Limits, Outcome, Sent, Stop, Transport } from './transport.js';

/** A server that has greeted us, is encrypted and knows us, as far as the configuration wants that. */
interface Session {
  readonly kind: 'session';
  readonly connection: SMTPConnection;
  /** Whether it takes addresses with letters outside ASCII before the @. */
  readonly unicode: boolean;
}

/**
 * Sends by SMTP. Each letter has a connection of its own: they are few, and what went wrong with one, or a server's limit of
 * mails for each connection, then says nothing about the next.
 */
export class Smtp implements Transport {
  readonly #settings: SmtpTransport;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #limits: Limits;

  constructor(settings: SmtpTransport, environment: NodeJS.ProcessEnv, limits: Limits) {
    this.#settings = settings;
    this.#environment = environment;
    this.#limits = limits;
  }

  /**
   * One transaction for all whose addresses are ASCII, and one for the others, so that a mail that only some servers on
   * its way can carry is only sent to those who cannot be reached otherwise.
   */
  async send(letter: Letter, recipients: readonly string[], signal: AbortSignal): Promise<Sent> {
    const outcomes = new Map<string, Outcome>();
    for (const alphabet of ['ascii', 'unicode'] as const) {
      const group = recipients.filter((address) => alphabetFor(letter, address) === alphabet);
      if (group.length === 0) continue;
      const sent = await this.#sendTo(group, letter, alphabet, signal);
      for (const [address, outcome] of sent.outcomes) outcomes.set(address, outcome);
      if (sent.stopped !== undefined) return { outcomes, stopped: sent.stopped };
    }
    return { outcomes };
  }

  async #sendTo(group: readonly string[], letter: Letter, alphabet: Alphabet, signal: AbortSignal): Promise<Sent> {
    const session = await this.#open(signal);
    if (session.kind !== 'session') return { outcomes: new Map(), stopped: session };
    const { connection, unicode } = session;
    try {
      if (alphabet === 'unicode' && !unicode) return withoutUnicode(letter, group);
      const envelope: Envelope = { from: envelopeAddress(letter.from.address), to: group.map(envelopeAddress) };
      const message = await messageOf(letter, alphabet);
      const end = await outcomeOf(connection, signal, (done) => connection.send(envelope, message, done));
      if (end === 'aborted') return { outcomes: new Map(), stopped: { kind: 'aborted' } };
      return judge(group, refusalsIn(envelope), end);
    } finally {
      await leave(connection);
    }
  }

  async #open(signal: AbortSignal): Promise<Session | Stop> {
    const { host, port, security, login, caFile } = this.#settings;
    const { connectMs, silenceMs } = this.#limits;
    const insecure = passwordInTheClear(this.#settings);
    if (insecure !== undefined) return unavailable(insecure);
    let ca: string | undefined;
    try {
      ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    } catch (error) {
      return unavailable(`ca_file cannot be read: ${errorText(error)}`);
    }
    const connection = new SMTPConnection({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      // Said, so that NODE_TLS_REJECT_UNAUTHORIZED in a crontab does not say otherwise.
      tls: { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
      connectionTimeout: connectMs,
      dnsTimeout: connectMs,
      greetingTimeout: connectMs,
      socketTimeout: silenceMs,
      socketCloseTimeout: PARTING_MS,
    });
    // What comes after the end of what we wait for has no meaning any more, but must not end the process.
    connection.on('error', () => undefined);
    const end = await outcomeOf(connection, signal, (done) => connection.connect(done));
    if (end !== undefined) return end === 'aborted' ? { kind: 'aborted' } : unavailable(whyNoSession(end));
    const unicode = /^250[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || '');
    const refused = login === undefined ? undefined : await this.#login(connection, login, signal);
    if (refused === undefined) return { kind: 'session', connection, unicode };
    await leave(connection);
    return refused;
  }

  async #login(
    connection: SMTPConnection,
    { user, password: source }: NonNullable<SmtpTransport['login']>,
    signal: AbortSignal,
  ): Promise<Stop | undefined> {
    if (!connection.allowsAuth) return unavailable('offers no authentication, but a `user` is configured');
    const password = readPassword(source, this.#environment);
    if (password.kind === 'unreadable') return unavailable(password.message);
    const credentials = { user, pass: password.text };
    const end = await outcomeOf(connection, signal, (done) => connection.login({ user, credentials }, done));
    if (end === undefined) return undefined;
    if (end === 'aborted') return { kind: 'aborted' };
    // Some servers repeat what they were told.
    return unavailable(whyOf(end).replaceAll(password.text, '…'));
  }
}

const PARTING_MS = 1000;

/** When the sender's address is such a one, no recipient can get the letter otherwise. */
function alphabetFor(letter: Letter, address: string): Alphabet {
  return alphabetOf(letter.from.address) === 'unicode' ? 'unicode' : alphabetOf(address);
}

/** Waits for one of nodemailer's callbacks; when the connection ends before, or this process is stopped, for that. */
function outcomeOf(
  connection: SMTPConnection,
  signal: AbortSignal,
  begin: (done: (error?: NodemailerError | null) => void) => void,
): Promise<NodemailerError | 'aborted' | undefined> {
  return new Promise((resolve) => {
    const settle = (end: NodemailerError | 'aborted' | undefined): void => {
      connection.removeListener('error', settle);
      connection.removeListener('end', ended);
      signal.removeEventListener('abort', abort);
      resolve(end);
    };
    const ended = (): void => void setImmediate(() => settle(new Error('the connection was closed')));
    const abort = (): void => {
      settle('aborted');
      connection.close();
    };
    connection.on('error', settle);
    connection.on('end', ended);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else begin((error) => settle(error ?? undefined));
  });
}

/** Says good-bye, but does not wait long for an answer. */
async function leave(connection: SMTPConnection): Promise<void> {
  if (connection.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PARTING_MS);
    connection.once('end', () => {
      clearTimeout(timer);
      resolve();
    });
    connection.quit();
  });
  connection.close();
}

/** While it sends, nodemailer notes in an envelope the answers to RCPT that were no 2xx; also when the mail then fails. */
interface Envelope {
  readonly from: string;
  readonly to: string[];
  readonly rejectedErrors?: readonly NodemailerError[];
}

/** By address. */
function refusalsIn({ rejectedErrors = [] }: Envelope): Map<string, NodemailerError> {
  return new Map(rejectedErrors.map((error) => [error.recipient ?? '', error]));
}

/** What the answers of one transaction mean. @param error what ended it; undefined when the server has taken the mail over */
function judge(
  group: readonly string[],
  refusals: ReadonlyMap<string, NodemailerError>,
  error: NodemailerError | undefined,
): Sent {
  const outcomes = new Map<string, Outcome>();
  // The sender is the same in all letters.
  if (error?.command === 'MAIL FROM') return { outcomes, stopped: unavailable(whyOf(error)) };
  for (const address of group) {
    const refusal = refusals.get(envelopeAddress(address)) ?? error;
    if (refusal === undefined) outcomes.set(address, { kind: 'delivered' });
    else outcomes.set(address, { kind: judgeReply(refusal.response || ''), why: whyOf(refusal) });
  }
  return error?.code === 'ETIMEDOUT' ? { outcomes, stopped: { kind: 'hanging', why: whyOf(error) } } : { outcomes };
}

function withoutUnicode(letter: Letter, group: readonly string[]): Sent {
  const lacks = 'the server does not know SMTPUTF8, which an address with letters outside ASCII before the @ needs';
  if (alphabetOf(letter.from.address) === 'unicode') {
    return { outcomes: new Map(), stopped: unavailable(`the sender is ${letter.from.address}, and ${lacks}`) };
  }
  return { outcomes: new Map(group.map((address) => [address, { kind: 'permanent', why: lacks }])) };
}

function unavailable(why: string): Stop {
  return { kind: 'unavailable', why };
}

function whyNoSession(error: NodemailerError): string {
  const why = whyOf(error);
  return error.code === 'ETLS' && error.command === 'STARTTLS' ? `no encryption by STARTTLS: ${why}` : why;
}

/** The server's own words where there are some. */
function whyOf(error: NodemailerError): string {
  return oneLine(error.response || error.message, 400);
}
