import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

/** A mail as the server took it over. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
  readonly mail: ParsedMail;
  readonly messageId: string;
  readonly secure: boolean;
  readonly user: string | undefined;
  /** Whether it came with SMTPUTF8. */
  readonly unicode: boolean;
}

/** What a server does with a mail once it has it: takes it, answers something else, or is gone. */
export type Manner = 'take' | 'vanish' | 'take-and-vanish' | 'hang' | `${number} ${string}`;

/** A real SMTP server on the loopback, with manners as tests want them. */
export class MailServer {
  readonly received: Received[] = [];
  /** What it says to somebody, by address; `undefined` is 250. Each is asked anew at each RCPT. */
  recipients: (address: string) => string | undefined = () => undefined;
  sender: (address: string) => string | undefined = () => undefined;
  /** For the next mails, in order; after them all are taken. */
  readonly manners: Manner[] = [];
  /** Told when it has taken a mail over, before it says so. */
  taken: () => void = () => undefined;
  readonly password = 'secret word';
  connections = 0;
  port = 0;
  readonly #server: SMTPServer;

  constructor(options: SMTPServerOptions = {}) {
    this.#server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      closeTimeout: 100,
      logger: false,
      onConnect: (_session, done) => {
        this.connections++;
        done();
      },
      onAuth: ({ username, password }, _session, done) => {
        if (password === this.password) done(null, { user: username });
        else done(refusal(`535 5.7.8 not ${password}`));
      },
      onMailFrom: ({ address }, _session, done) => done(refusal(this.sender(address))),
      onRcptTo: ({ address }, _session, done) => done(refusal(this.recipients(address))),
      onData: async (stream, session, done) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of stream) chunks.push(chunk as Buffer);
        } catch {
          return; // who has sent it is gone
        }
        const manner = this.manners.shift() ?? 'take';
        if (manner.startsWith('take')) await this.#take(Buffer.concat(chunks), session);
        if (manner.endsWith('vanish')) this.#vanish(session);
        else if (manner === 'take') done();
        else if (manner !== 'hang') done(refusal(manner));
      },
      ...options,
    });
    this.#server.on('error', () => undefined);
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.server.address() as AddressInfo).port;
    return this;
  }

  /** Each Message-ID with who got it, one entry for each time. */
  get got(): string[] {
    return this.received.flatMap(({ messageId, to }) => to.map((address) => `${messageId} ${address}`));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }

  async #take(raw: Buffer, { envelope, secure, user }: SMTPServerSession): Promise<void> {
    const mail = await simpleParser(raw);
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const to = envelope.rcptTo.map(({ address }) => address);
    const unicode = envelope.smtpUtf8 === true;
    this.received.push({ from, to, raw, mail, messageId: mail.messageId ?? '', secure, user: user as string, unicode });
    this.taken();
  }

  #vanish({ id }: SMTPServerSession): void {
    for (const connection of this.#server.connections) {
      if (connection.id === id) (connection as unknown as { _socket: { destroy(): void } })._socket.destroy();
    }
  }
}

/** `550 5.1.1 no such user` */
function refusal(reply: string | undefined): Error | null {
  if (reply === undefined) return null;
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}
