import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mail } from '../../src/config/project.js';
import { openLock } from '../../src/locks/index.js';
import { deliverMail, nextDueMs } from '../../src/mail/delivery.js';
import { addLetter, hasLetters, readFailed, readSpool } from '../../src/mail/spool.js';
import { because, canMount, smallTmpfs } from '../locks/processes.js';
import { letter, mailBy, smtp, to } from './correspondence.js';
import { MailServer } from './mail-server.js';

let directory: string;
let spool: string;
let server: MailServer;
/** What the clock of the deliveries says. */
let now: number;
const MINUTE = 60_000;
const DAY = 86_400_000;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-mail-'));
  spool = join(directory, 'state', 'mail');
  server = await new MailServer().listen();
  now = Date.parse('2002-01-31T12:00:00Z');
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const add = (...letters: ReturnType<typeof letter>[]): void => {
  for (const each of letters) addLetter(spool, each, new Date(now));
};

/** What came of a delivery, with the letters that are left and not only their number. */
async function deliver(more: { mail?: Mail; atOnce?: boolean; signal?: AbortSignal } = {}) {
  const { mail = mailBy(smtp(server.port)), atOnce = false, signal = new AbortController().signal } = more;
  const delivery = await deliverMail(spool, mail, { now: () => new Date(now), environment: {}, signal, atOnce });
  const left = readSpool(spool).letters;
  expect(delivery.left.count).toBe(left.length);
  return { ...delivery, left };
}

const waiting = (): string[] =>
  readSpool(spool).letters.flatMap(({ letter: { id }, waiting }) => waiting.map(({ address }) => `${id} ${address}`));

describe('what is in a spool of mails', () => {
  test('is delivered, oldest first, and gone then', async () => {
    add(letter('b', { date: '2002-01-31T11:22:00Z' }), letter('a'), letter('c', { date: '2002-01-31T11:23:00Z' }));
    expect(await deliver()).toEqual({ delivered: 3, left: [], problems: [], end: { kind: 'empty' } });
    expect(server.got).toEqual(['a', 'b', 'c'].map((id) => `<${id}@example.org> ann@example.org`));
    expect(hasLetters(spool)).toBe(false);
    expect(await deliver()).toEqual({ delivered: 0, left: [], problems: [], end: { kind: 'empty' } });
  });

  test('is there once, however often it is put there, also when half of it has gone', async () => {
    const two = letter('a', { to: to('ann@example.org', 'bob@example.org') });
    expect(addLetter(spool, two, new Date(now))).toBe('added');
    expect(addLetter(spool, two, new Date(now))).toBe('there');
    server.recipients = (address) => (address.startsWith('bob') ? '450 4.2.0 later' : undefined);
    await deliver();
    expect(addLetter(spool, { ...two, date: '2003-01-31T11:21:00Z' }, new Date(now))).toBe('there');
    expect(waiting()).toEqual(['a bob@example.org']);
  });

  test('is nobody else’s business, and never a letter to nobody', () => {
    expect(addLetter(spool, letter('nobody', { to: [] }), new Date(now))).toBe('nobody');
    expect(existsSync(spool)).toBe(false);
    add(letter('a'));
    expect(statSync(join(spool, '20020131T112100000Z-a.json')).mode & 0o007).toBe(0);
  });

  test('is tried again after 1, 2, 4 minutes while it is put off, and is never sent twice: greylisting', async () => {
    add(letter('a', { to: to('ann@example.org', 'bob@example.org') }));
    let asked = 0;
    server.recipients = () => (++asked <= 4 ? '450 4.2.0 greylisted' : undefined);
    const why = `127.0.0.1:${server.port}: ann@example.org: 450 4.2.0 greylisted`;
    expect(await deliver()).toMatchObject({ delivered: 0, problems: [], end: { kind: 'put-off', why } });
    expect(nextDueMs(spool, new Date(now))).toBe(now + MINUTE);
    expect(await deliver()).toMatchObject({ end: { kind: 'not-due', atMs: now + MINUTE } });
    now += MINUTE;
    expect(await deliver()).toMatchObject({ end: { kind: 'put-off' } });
    expect(await deliver()).toMatchObject({ end: { kind: 'not-due', atMs: now + 2 * MINUTE } });
    expect(server.connections).toBe(2);
    now += 2 * MINUTE;
    expect(await deliver()).toMatchObject({ delivered: 2, end: { kind: 'empty' } });
    expect(server.got).toEqual(['<a@example.org> ann@example.org', '<a@example.org> bob@example.org']);
    expect(nextDueMs(spool, new Date(now))).toBeUndefined();
  });

  test('does not wait when a person says so, or when the clock was set back', async () => {
    add(letter('a'));
    server.recipients = () => '450 4.2.0 later';
    await deliver();
    expect(await deliver({ atOnce: true })).toMatchObject({ end: { kind: 'put-off' } });
    server.recipients = () => undefined;
    now -= 3 * DAY;
    expect(await deliver()).toMatchObject({ delivered: 1 });
  });

  test('goes to all but one whose mailbox is full, and to him when it is not any more', async () => {
    add(letter('a', { to: to('ann@example.org', 'bob@example.org'), cc: to('eve@example.org') }), letter('b'));
    server.recipients = (address) => (address.startsWith('bob') ? '452 4.2.2 mailbox full' : undefined);
    expect(await deliver()).toMatchObject({ delivered: 3, problems: [], end: { kind: 'put-off' } });
    expect(waiting()).toEqual(['a bob@example.org']);
    server.recipients = () => undefined;
    now += MINUTE;
    expect(await deliver()).toMatchObject({ delivered: 1, left: [] });
    expect(server.got.toSorted()).toEqual([
      '<a@example.org> ann@example.org',
      '<a@example.org> bob@example.org',
      '<a@example.org> eve@example.org',
      '<b@example.org> ann@example.org',
    ]);
  });

  test('is given up for one whom the server does not know, which is said once and kept for who asks', async () => {
    add(letter('a', { to: to('ann@example.org', 'bob@example.org') }));
    server.recipients = (address) => (address.startsWith('bob') ? '550 5.1.1 no bob here' : undefined);
    const why = `the mail "about a" could not be delivered to bob@example.org: 127.0.0.1:${server.port}: 550 5.1.1 no bob here`;
    expect(await deliver()).toEqual({ delivered: 1, left: [], problems: [why], end: { kind: 'empty' } });
    expect(await deliver()).toEqual({ delivered: 0, left: [], problems: [], end: { kind: 'empty' } });
    expect(readFailed(spool).letters).toMatchObject([
      { letter: { id: 'a' }, waiting: [], refused: [{ address: 'bob@example.org', why: '550 5.1.1 no bob here' }] },
    ]);
  });

  test('is given up for one after some days in vain, but never untried', async () => {
    add(letter('a', { to: to('ann@example.org', 'bob@example.org') }));
    server.recipients = (address) => (address.startsWith('bob') ? '450 4.2.0 later' : undefined);
    await deliver();
    now += 6 * DAY;
    // This one waited while the machine was off.
    const [old] = [letter('b', { date: '2002-01-31T11:25:00Z' })];
    addLetter(spool, old as ReturnType<typeof letter>, new Date(now - 6 * DAY));
    const delivery = await deliver();
    expect(delivery).toMatchObject({ delivered: 1, left: [], end: { kind: 'empty' } });
    expect(delivery.problems).toEqual([
      `the mail "about a" could not be delivered to bob@example.org: 127.0.0.1:${server.port}: 450 4.2.0 later; given up after 5 d`,
    ]);
    expect(readFailed(spool).letters).toHaveLength(1);
  });

  test('is not lost when the server ends the connection without an answer, and keeps its Message-ID', async () => {
    add(letter('a'), letter('b', { date: '2002-01-31T11:22:00Z' }), letter('c', { date: '2002-01-31T11:23:00Z' }));
    server.manners.push('vanish', 'take-and-vanish');
    // The third gets through: it is not the server as a whole.
    expect(await deliver()).toMatchObject({ delivered: 1, end: { kind: 'put-off' } });
    now += MINUTE;
    expect(await deliver()).toMatchObject({ delivered: 2, end: { kind: 'empty' } });
    // Of b nobody but the server could know that it had arrived.
    expect(server.got).toEqual(['b', 'c', 'a', 'b'].map((id) => `<${id}@example.org> ann@example.org`));
    expect(server.received[0]?.raw.equals(server.received[3]?.raw ?? Buffer.of())).toBe(true);
  });

  test('waits as a whole for a server that is away: each later call asks at most once', async () => {
    add(...['a', 'b', 'c', 'd'].map((id) => letter(id)));
    const away = mailBy(smtp(1));
    const first = await deliver({ mail: away });
    expect(first).toMatchObject({ delivered: 0, problems: [], end: { kind: 'put-off' } });
    expect(first.end).toMatchObject({ why: expect.stringMatching(/^127\.0\.0\.1:1: .*ECONNREFUSED/) });
    expect(first.left.map(({ tries }) => tries)).toEqual([0, 0, 0, 0]);
    expect(await deliver({ mail: away })).toMatchObject({ end: { kind: 'not-due', atMs: now + MINUTE } });
    expect(nextDueMs(spool, new Date(now))).toBe(now + MINUTE);
    now += MINUTE;
    expect(await deliver({ mail: away })).toMatchObject({ end: { kind: 'put-off' } });
    expect(await deliver({ mail: away })).toMatchObject({ end: { kind: 'not-due', atMs: now + 2 * MINUTE } });
    // What speaks against one server says nothing about another.
    expect(await deliver()).toMatchObject({ delivered: 4, end: { kind: 'empty' } });
    add(letter('e'));
    expect(nextDueMs(spool, new Date(now))).toBe(now);
  });

  test('says at last who got nothing from a server that never came back', async () => {
    add(letter('a'), letter('b'));
    now += 6 * DAY;
    const { problems, left } = await deliver({ mail: mailBy(smtp(1)) });
    expect(left).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(
        /"about a" could not be delivered to ann@example.org: 127.0.0.1:1: .*ECONNREFUSED.*; given up after 5 d$/,
      ),
      expect.stringMatching(/"about b" could not be delivered/),
    ]);
  });

  test('of which one letter makes the server hang is sent all the same: what was in vain comes last', async () => {
    add(letter('a'), letter('b', { date: '2002-01-31T11:22:00Z' }));
    server.manners.push('451 4.3.0 poison');
    await deliver();
    add(letter('c', { date: '2002-01-31T11:20:00Z' }));
    now += MINUTE;
    add(letter('d', { date: '2002-01-31T11:59:00Z' }));
    await deliver();
    expect(server.got.map((line) => line.slice(1, 2))).toEqual(['b', 'c', 'd', 'a']);
  });

  test('of which one letter makes a sendmail refuse us is sent all the same, by the next call', async () => {
    const program = join(directory, 'sendmail');
    writeFileSync(
      program,
      `#!/bin/sh\ncase "$5" in ann*) exit 64;; esac\ncat > /dev/null\necho "$5" >> "${directory}/sent"\n`,
      {
        mode: 0o755,
      },
    );
    const mail = mailBy({ type: 'sendmail', program });
    add(letter('a'), letter('b', { to: to('bob@example.org') }), letter('c', { to: to('eve@example.org') }));
    expect(await deliver({ mail })).toMatchObject({ delivered: 0, end: { kind: 'put-off' } });
    now += MINUTE;
    expect(await deliver({ mail })).toMatchObject({ delivered: 2, left: [{ letter: { id: 'a' } }] });
    expect(readFileSync(join(directory, 'sent'), 'utf8')).toBe('bob@example.org\neve@example.org\n');
  });

  test('does not get into the way of each other: what cannot be read is told, and the others go', async () => {
    add(letter('a'));
    writeFileSync(join(spool, '20020131T112000000Z-broken.json'), '{');
    writeFileSync(join(spool, '20020131T112000000Z-other.json'), '{"letter": {}}');
    writeFileSync(join(directory, 'elsewhere'), readFileSync(join(spool, '20020131T112100000Z-a.json')));
    symlinkSync(join(directory, 'elsewhere'), join(spool, '20020131T112000000Z-link.json'));
    mkdirSync(join(spool, '20020131T112000000Z-directory.json'));
    const delivery = await deliver();
    expect(delivery).toMatchObject({ delivered: 1, end: { kind: 'empty' } });
    expect(delivery.problems).toHaveLength(4);
    expect(server.got).toEqual(['<a@example.org> ann@example.org']);
  });

  test('refuses hostile letters that somebody else has put there', async () => {
    add(letter('a'));
    const path = join(spool, '20020131T112100000Z-a.json');
    const text = readFileSync(path, 'utf8');
    for (const bad of ['-oQ/tmp@example.org', 'ann@example.org>\\r\\nDATA', 'a@b,c@d']) {
      writeFileSync(path, text.replaceAll('ann@example.org', bad));
      expect(await deliver()).toMatchObject({ delivered: 0, problems: [expect.stringContaining('cannot be sent')] });
    }
    expect(server.received).toEqual([]);
  });

  test('is left alone while somebody else delivers', async () => {
    add(letter('a'));
    const acquisition = await openLock(join(spool, 'delivery')).acquire({ timeoutMs: 1000 });
    if (acquisition.kind !== 'acquired') throw new Error(acquisition.kind);
    expect(await deliver()).toMatchObject({ delivered: 0, left: [{ letter: { id: 'a' } }], end: { kind: 'busy' } });
    acquisition.lock.release();
    expect(await deliver()).toMatchObject({ delivered: 1 });
  });

  test('stops when it is told to, and counts nothing against the letter', async () => {
    add(letter('a'));
    server.manners.push('hang');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    expect(await deliver({ signal: stop.signal })).toMatchObject({
      delivered: 0,
      left: [{ tries: 0, waiting: [{ address: 'ann@example.org', why: '' }] }],
      end: { kind: 'aborted' },
    });
  });

  test('goes by sendmail as well', async () => {
    const program = join(directory, 'sendmail');
    writeFileSync(program, `#!/bin/sh\ncat >> "${directory}/sent"\n`, { mode: 0o755 });
    add(letter('a'));
    expect(await deliver({ mail: mailBy({ type: 'sendmail', program }) })).toMatchObject({ delivered: 1, left: [] });
    expect(readFileSync(join(directory, 'sent'), 'utf8')).toContain('Message-ID: <a@example.org>\n');
  });

  test.skipIf(!canMount)(
    `needs room on the disk: nothing is there by halves${because(canMount, 'cannot mount')}`,
    async () => {
      spool = join(smallTmpfs(), 'mail');
      add(letter('a'));
      const large = letter('large', { text: 'x'.repeat(100_000) });
      expect(() => addLetter(spool, large, new Date(now))).toThrow('ENOSPC');
      expect(readSpool(spool)).toMatchObject({ letters: [{ letter: { id: 'a' } }], problems: [] });
      await deliver({ mail: mailBy(smtp(1)) });
      writeFileSync(join(spool, 'filler'), 'x'.repeat(4096));
      const fill = (): void => {
        for (let index = 0; ; index++) writeFileSync(join(spool, `filler${index}`), 'x'.repeat(4096));
      };
      expect(fill).toThrow('ENOSPC');
      // What could not be remembered is not sent, or it would be sent again each time.
      await expect(deliver()).rejects.toThrow('ENOSPC');
      expect(server.received).toEqual([]);
      for (const name of readdirSync(spool).filter((each) => each.startsWith('filler'))) rmSync(join(spool, name));
      expect(await deliver()).toMatchObject({ delivered: 1, left: [] });
    },
  );

  test('of letters that never arrived only the newest are kept', async () => {
    add(
      ...Array.from({ length: 60 }, (_, index) => letter(`l${index + 100}`, { to: to(`nobody${index}@example.org`) })),
    );
    const program = join(directory, 'sendmail');
    writeFileSync(program, '#!/bin/sh\nexit 67\n', { mode: 0o755 });
    const { problems } = await deliver({ mail: mailBy({ type: 'sendmail', program }) });
    expect(problems).toHaveLength(60);
    const kept = readFailed(spool).letters.map(({ letter: { id } }) => id);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([50, 'l110', 'l159']);
    expect(readdirSync(spool).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
