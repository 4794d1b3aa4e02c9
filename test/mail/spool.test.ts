import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deliverMail, nextDueMs } from '../../src/mail/delivery.js';
import { addLetter, readFailed, readSpool } from '../../src/mail/spool.js';
import type { Delivery } from '../../src/spool/delivery.js';
import { letter, mailBy, smtp, to } from './correspondence.js';
import { MailServer } from './mail-server.js';

let directory: string;
let spool: string;
let server: MailServer;
let now: number;
/** How much the clock moves at each look at it. */
let tick: number;
const MINUTE = 60_000;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-mail-spool-'));
  spool = join(directory, 'mail');
  server = await new MailServer().listen();
  now = Date.parse('2002-01-31T12:00:00Z');
  tick = 0;
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const add = (...ids: string[]): void => {
  for (const id of ids) addLetter(spool, letter(id), new Date(now));
};

function deliver(more: { port?: number; atOnce?: boolean } = {}): Promise<Delivery> {
  const { port = server.port, atOnce = false } = more;
  const { signal } = new AbortController();
  const clock = (): Date => {
    now += tick;
    return new Date(now);
  };
  return deliverMail(spool, mailBy(smtp(port)), { now: clock, environment: {}, signal, atOnce });
}

const names = (): string[] => readdirSync(spool).filter((name) => /^\d/.test(name));

/** Whoever reads one of these would complain. */
function spoilAll(): void {
  for (const name of names()) writeFileSync(join(spool, name), 'garbage');
}

describe('what is not due', () => {
  beforeEach(async () => {
    server.recipients = () => '450 4.2.0 later';
    add('a', 'b', 'c');
    await deliver();
  });

  test('says so by its name, and is not read', async () => {
    expect(names()).toEqual(['a', 'b', 'c'].map((id) => `20020131T112100000Z-${id}@1.20020131T120000000Z.json`));
    spoilAll();
    const end = { kind: 'not-due', atMs: now + MINUTE };
    expect(await deliver()).toEqual({ delivered: 0, left: { count: 3 }, problems: [], end });
    now += MINUTE;
    expect((await deliver()).problems).toHaveLength(3);
  });

  test('is due again after a process died between the content and the name, when the content says so', async () => {
    // As an earlier version has left them, too, whose names never say anything.
    for (const name of names()) renameSync(join(spool, name), join(spool, name.replace(/@.*(?=\.json)/, '')));
    expect(await deliver()).toMatchObject({ delivered: 0, end: { kind: 'not-due', atMs: now + MINUTE } });
    expect(server.connections).toBe(3);
    expect(names().every((name) => name.includes('@1.'))).toBe(true);
    spoilAll();
    expect((await deliver()).problems).toEqual([]);
  });

  test('is not tried before its time whatever its name says', async () => {
    for (const name of names())
      renameSync(join(spool, name), join(spool, name.replace(/@.*(?=\.json)/, '@9.19700101T000000000Z')));
    expect(nextDueMs(spool, new Date(now))).toBe(now + MINUTE);
    expect(await deliver()).toMatchObject({ delivered: 0, end: { kind: 'not-due', atMs: now + MINUTE } });
    expect(server.connections).toBe(3);
  });

  test('waits no longer than an hour when a name lies, and not at all when it speaks of the future', async () => {
    server.recipients = () => undefined;
    for (const name of names())
      renameSync(join(spool, name), join(spool, name.replace(/@.*(?=\.json)/, '@999.20020131T115900000Z')));
    expect(await deliver()).toMatchObject({ delivered: 0, end: { kind: 'not-due', atMs: now + 59 * MINUTE } });
    for (const name of names())
      renameSync(join(spool, name), join(spool, name.replace(/@.*(?=\.json)/, '@999.99991231T235959999Z')));
    now += MINUTE;
    expect(await deliver()).toMatchObject({ delivered: 3, end: { kind: 'empty' } });
  });

  test('is added no second time under the name that it had at first', () => {
    expect(addLetter(spool, letter('b'), new Date(now))).toBe('there');
    expect(names()).toHaveLength(3);
  });

  test('keeps its name where something else stands in the way of the other, and the others go', async () => {
    server.recipients = () => undefined;
    mkdirSync(join(spool, '20020131T112100000Z-a.json', 'x'), { recursive: true });
    symlinkSync('/etc/passwd', join(spool, '20020131T112100000Z-b@1.20020131T115900000Z.json'));
    now += MINUTE;
    const { delivered, problems } = await deliver();
    expect(delivered).toBe(3);
    expect(problems.every((problem) => problem.includes('cannot be sent'))).toBe(true);
    expect(readFileSync('/etc/passwd', 'utf8')).toContain('root');
  });

  test('is put away under its own name when it is given up', async () => {
    server.recipients = () => '550 5.1.1 nobody';
    now += MINUTE;
    await deliver();
    expect(readdirSync(join(spool, 'failed'))).toEqual(['a', 'b', 'c'].map((id) => `20020131T112100000Z-${id}.json`));
    expect(readFailed(spool).letters.map(({ tries }) => tries)).toEqual([2, 2, 2]);
  });
});

describe('a server that is away', () => {
  test('costs a run no look at any letter', async () => {
    add('a', 'b');
    await deliver({ port: 1 });
    spoilAll();
    expect(await deliver({ port: 1 })).toMatchObject({ left: { count: 2 }, problems: [], end: { kind: 'not-due' } });
  });

  test('keeps its note while another way is tried, until that gets something through', async () => {
    add('a', 'b');
    await deliver({ port: 1 });
    expect(nextDueMs(spool, new Date(now))).toBe(now + MINUTE);
    expect(await deliver()).toMatchObject({ delivered: 2 });
    add('c');
    expect(nextDueMs(spool, new Date(now))).toBe(now);
  });
});

test('one delivery takes a bounded time, and the next goes on where it stopped', async () => {
  add(...Array.from({ length: 20 }, (_, index) => `l${index + 10}`));
  tick = 10_000;
  const first = await deliver();
  expect(first.end).toMatchObject({ kind: 'put-off', why: expect.stringContaining('5 minutes') });
  expect(first.delivered).toBeGreaterThan(1);
  expect(first.delivered + first.left.count).toBe(20);
  for (let run = 0; run < 20 && readSpool(spool).letters.length > 0; run++) await deliver();
  expect(new Set(server.got).size).toBe(20);
  expect(server.got).toHaveLength(20);
});

test('nothing is due where all that waits is in the way, so that no scheduler asks each second', async () => {
  add('a');
  spoilAll();
  expect(nextDueMs(spool, new Date(now))).toBeUndefined();
  expect(await deliver()).toMatchObject({
    delivered: 0,
    left: { count: 0 },
    problems: [expect.anything()],
    end: { kind: 'empty' },
  });
});

test('a letter to two is given up for one at once, whatever waits for the other', async () => {
  addLetter(spool, letter('a', { to: to('ann@example.org', 'bob@example.org') }), new Date(now));
  server.recipients = (address) => (address.startsWith('bob') ? '550 5.1.1 no bob' : '450 4.2.0 later');
  expect((await deliver()).problems).toEqual([expect.stringContaining('bob@example.org')]);
  now += MINUTE;
  expect((await deliver()).problems).toEqual([]);
});
