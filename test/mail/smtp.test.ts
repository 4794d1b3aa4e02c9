import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SmtpTransport } from '../../src/config/project.js';
import { transportOf } from '../../src/mail/chosen-transport.js';
import { type Letter, recipientsOf } from '../../src/mail/letter.js';
import { LIMITS, type Limits, type Outcome } from '../../src/mail/transport.js';
import { certificate, letter, smtp, to } from './correspondence.js';
import { MailServer } from './mail-server.js';

let directory: string;
let server: MailServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-smtp-'));
  server = await new MailServer({ hideSMTPUTF8: false }).listen();
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

interface Attempt {
  readonly settings?: Partial<SmtpTransport>;
  readonly environment?: NodeJS.ProcessEnv;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

async function send(sent: Letter, { settings = {}, environment = {}, limits, signal }: Attempt = {}) {
  const transport = await transportOf(smtp(server.port, settings), environment, { ...LIMITS, ...limits });
  const { outcomes, stopped } = await transport.send(sent, recipientsOf(sent), signal ?? new AbortController().signal);
  return { outcomes: Object.fromEntries(outcomes), stopped };
}

const delivered: Outcome = { kind: 'delivered' };
const three = letter('three', { to: to('ann@example.org', 'bob@example.org'), cc: to('eve@example.org') });

/** The whole of a server's words. */
const because = (kind: 'temporary' | 'permanent', why: string) => ({ kind, why });

describe('a mail by SMTP', () => {
  test('reaches everybody in one transaction', async () => {
    expect(await send(three)).toEqual({
      outcomes: { 'ann@example.org': delivered, 'bob@example.org': delivered, 'eve@example.org': delivered },
      stopped: undefined,
    });
    expect(server.received).toMatchObject([
      { from: 'builds@example.org', to: ['ann@example.org', 'bob@example.org', 'eve@example.org'] },
    ]);
  });

  test('reaches the others when the server does not know one of them', async () => {
    server.recipients = (address) => (address.startsWith('bob') ? '550 5.1.1 no bob here' : undefined);
    expect((await send(three)).outcomes).toEqual({
      'ann@example.org': delivered,
      'bob@example.org': because('permanent', '550 5.1.1 no bob here'),
      'eve@example.org': delivered,
    });
    expect(server.received).toMatchObject([{ to: ['ann@example.org', 'eve@example.org'] }]);
  });

  test.each([
    ['450 4.2.0 greylisted', 'temporary'],
    ['451 4.7.1 try again later', 'temporary'],
    ['452 4.2.2 mailbox full', 'temporary'],
    ['552 5.2.2 mailbox full', 'temporary'],
    ['552 mailbox full', 'temporary'],
    ['552 5.3.4 message too big', 'permanent'],
    ['550 5.2.2 over quota', 'temporary'],
    ['550 5.1.1 unknown', 'permanent'],
    ['554 5.7.1 relay access denied', 'permanent'],
  ] as const)('is put off or given up for one of three as the answer says: %s', async (reply, kind) => {
    server.recipients = (address) => (address.startsWith('bob') ? reply : undefined);
    expect((await send(three)).outcomes).toMatchObject({
      'ann@example.org': delivered,
      'bob@example.org': because(kind, reply),
    });
  });

  test('is put off or given up for all, each with his own answer', async () => {
    server.recipients = (address) => `${address.startsWith('bob') ? '550 5.1.1' : '450 4.2.0'} not ${address}`;
    expect((await send(three)).outcomes).toEqual({
      'ann@example.org': because('temporary', '450 4.2.0 not ann@example.org'),
      'bob@example.org': because('permanent', '550 5.1.1 not bob@example.org'),
      'eve@example.org': because('temporary', '450 4.2.0 not eve@example.org'),
    });
    expect(server.received).toEqual([]);
  });

  test('is judged by the answer to its content, for those whom the server knows', async () => {
    server.recipients = (address) => (address.startsWith('bob') ? '550 5.1.1 no bob here' : undefined);
    server.manners.push('451 4.3.0 scanner is busy', '554 5.6.0 looks like spam');
    expect((await send(three)).outcomes).toEqual({
      'ann@example.org': because('temporary', '451 4.3.0 scanner is busy'),
      'bob@example.org': because('permanent', '550 5.1.1 no bob here'),
      'eve@example.org': because('temporary', '451 4.3.0 scanner is busy'),
    });
    expect((await send(letter('spam'))).outcomes).toEqual({
      'ann@example.org': because('permanent', '554 5.6.0 looks like spam'),
    });
  });

  test('is put off when the connection ends without an answer to its content', async () => {
    server.manners.push('vanish');
    const sent = await send(three);
    expect(Object.values(sent.outcomes).map(({ kind }) => kind)).toEqual(['temporary', 'temporary', 'temporary']);
    // Another letter may fare better.
    expect(sent.stopped).toBeUndefined();
  });

  test('does not wait for ever for an answer, and no other letter has to wait for that now', async () => {
    server.manners.push('hang');
    const sent = await send(letter('slow'), { limits: { silenceMs: 300 } });
    expect(sent).toMatchObject({
      outcomes: { 'ann@example.org': { kind: 'temporary' } },
      stopped: { kind: 'hanging' },
    });
  });

  test('is not sent by a server that does not want the sender: that is the same for all', async () => {
    server.sender = () => '553 5.7.1 builds is not yours';
    expect(await send(three)).toEqual({
      outcomes: {},
      stopped: { kind: 'unavailable', why: '553 5.7.1 builds is not yours' },
    });
  });

  test('is kept when the server wants a login first: no recipient can help that', async () => {
    server.recipients = () => '530 5.7.0 authentication required';
    expect((await send(letter('a'))).outcomes).toEqual({
      'ann@example.org': because('temporary', '530 5.7.0 authentication required'),
    });
  });

  test('is kept when nobody listens', async () => {
    await server.close();
    expect(await send(three)).toMatchObject({
      outcomes: {},
      stopped: { kind: 'unavailable', why: expect.stringContaining('ECONNREFUSED') },
    });
  });

  test('is kept when somebody listens who never says a word', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sent = await send(three, { settings: { port }, limits: { connectMs: 300 } });
    expect(sent).toMatchObject({ stopped: { kind: 'unavailable', why: expect.stringMatching(/[Gg]reeting/) } });
    mute.close();
  });

  test('is not sent by one who is told to stop', async () => {
    server.manners.push('hang');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    expect(await send(three, { signal: stop.signal })).toEqual({ outcomes: {}, stopped: { kind: 'aborted' } });
    expect(await send(three, { signal: stop.signal })).toEqual({ outcomes: {}, stopped: { kind: 'aborted' } });
  });
});

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

describe.skipIf(noOpenssl)('an encrypted server', () => {
  const login = { user: 'builder', password: { kind: 'variable', name: 'PASSWORD' } } as const;
  let encrypted: MailServer;
  let caFile: string;

  async function listen(secure: boolean): Promise<number> {
    const own = certificate(directory);
    if (own === undefined) throw new Error('no openssl');
    caFile = own.file;
    encrypted = await new MailServer({ secure, key: own.key, cert: own.cert, authOptional: false }).listen();
    return encrypted.port;
  }

  afterEach(async () => await encrypted?.close());

  test.each([
    ['tls', true],
    ['starttls', false],
  ] as const)('is trusted by ca_file and knows us by a password: %s', async (security, secure) => {
    const port = await listen(secure);
    const environment = { PASSWORD: 'secret word' };
    const sent = await send(letter('a'), { settings: { port, security, login, caFile }, environment });
    expect(sent).toEqual({ outcomes: { 'ann@example.org': delivered }, stopped: undefined });
    expect(encrypted.received).toMatchObject([{ secure: true, user: 'builder' }]);
  });

  test.each([
    ['tls', true],
    ['starttls', false],
  ] as const)('is not talked to when nobody vouches for it: %s', async (security, secure) => {
    const port = await listen(secure);
    const environment = { PASSWORD: 'secret word', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const sent = await send(letter('a'), { settings: { port, security, login }, environment });
    expect(sent.stopped).toMatchObject({ kind: 'unavailable', why: expect.stringMatching(/self-signed/) });
    const other = await send(letter('a'), {
      settings: { port, security, caFile, host: 'localhost', login },
      environment,
    });
    expect(other.stopped).toMatchObject({ kind: 'unavailable', why: expect.stringMatching(/localhost|altnames/) });
    expect(encrypted.received).toEqual([]);
  });

  test('is not told anything when it has no encryption after all', async () => {
    const own = new MailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    await own.listen();
    const sent = await send(letter('a'), { settings: { port: own.port, security: 'starttls' } });
    expect(sent.stopped).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('no encryption by STARTTLS'),
    });
    expect(own.received).toEqual([]);
    await own.close();
  });

  test('that does not know the password keeps the letter waiting, and nobody reads the password in a message', async () => {
    const port = await listen(true);
    const settings = { port, security: 'tls', login, caFile } as const;
    const wrong = await send(letter('a'), { settings, environment: { PASSWORD: 'hunter2' } });
    expect(wrong).toEqual({ outcomes: {}, stopped: { kind: 'unavailable', why: '535 5.7.8 not …' } });
    const missing = await send(letter('a'), { settings, environment: {} });
    const none = 'the password is missing: the environment variable PASSWORD is not there';
    expect(missing.stopped).toEqual({ kind: 'unavailable', why: none });
    const file = join(directory, 'password');
    writeFileSync(file, 'secret word\n', { mode: 0o600 });
    const fromFile = { ...settings, login: { user: 'builder', password: { kind: 'file', path: file } } } as const;
    expect(await send(letter('a'), { settings: fromFile })).toMatchObject({
      outcomes: { 'ann@example.org': delivered },
    });
  });

  test('is not asked when the file of its authority cannot be read', async () => {
    const sent = await send(letter('a'), { settings: { security: 'tls', caFile: join(directory, 'none.pem') } });
    expect(sent.stopped).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('none.pem') });
    expect(server.connections).toBe(0);
  });

  test('gets no login where it offers none', async () => {
    const own = await new MailServer({ disabledCommands: ['AUTH'] }).listen();
    const sent = await send(letter('a'), { settings: { port: own.port, login }, environment: { PASSWORD: 'x' } });
    expect(sent.stopped).toMatchObject({ kind: 'unavailable', why: expect.stringContaining('no authentication') });
    await own.close();
  });
});

describe('addresses with letters outside ASCII', () => {
  const mixed = letter('mixed', { to: to('ann@example.org', 'jürgen@bücher.example'), cc: to('zoe@bücher.example') });

  test('get a transaction of their own by SMTPUTF8, and domains are written in ASCII where they can be', async () => {
    expect((await send(mixed)).outcomes).toEqual({
      'ann@example.org': delivered,
      'jürgen@bücher.example': delivered,
      'zoe@bücher.example': delivered,
    });
    expect(server.received.map(({ unicode }) => unicode)).toEqual([false, true]);
    const [plain, other] = server.received.map(({ raw }) => raw);
    expect(plain?.toString()).toContain('To: ann@example.org\r\nCc: zoe@xn--bcher-kva.example\r\n');
    // What only the other transaction can carry is not in this one.
    expect(plain?.every((byte) => byte < 128)).toBe(true);
    expect(other?.toString()).toContain('jürgen@bücher.example');
    expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(1);
  });

  test('are refused by a server without SMTPUTF8, and the others get their mail', async () => {
    const own = await new MailServer({ hideSMTPUTF8: true }).listen();
    expect((await send(mixed, { settings: { port: own.port } })).outcomes).toEqual({
      'ann@example.org': delivered,
      'zoe@bücher.example': delivered,
      'jürgen@bücher.example': because('permanent', expect.stringContaining('SMTPUTF8') as unknown as string),
    });
    const fromThere = letter('b', { from: { address: 'bäu@example.org' } });
    expect((await send(fromThere, { settings: { port: own.port } })).stopped).toMatchObject({ kind: 'unavailable' });
    await own.close();
  });
});
