import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CDashSubmission, Submission as Settings } from '../../src/config/project.js';
import { openLock } from '../../src/locks/index.js';
import { type Delivery, deliver } from '../../src/submission/delivery.js';
import { destinationOf } from '../../src/submission/destination.js';
import { addSubmission, readSpool } from '../../src/submission/spool.js';
import { breakingOff, cdash, type Dashboard, dashboard, losingTheAnswer, refusing } from './dashboard.js';

let directory: string;
let spool: string;
let server: Dashboard;
/** What the clock of the deliveries says. */
let now: number;
const MINUTE = 60_000;
const DAY = 86_400_000;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-spool-'));
  spool = join(directory, 'Testing', 'Spool');
  server = await dashboard();
  now = Date.now();
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const COMMON = { retries: 0, retryDelayMs: 1, keepMs: 14 * DAY, spoolBytes: 1e6 };

function toServer(more: Partial<CDashSubmission> = {}): Settings {
  const cdash = { type: 'cdash', url: server.url, token: undefined, caFile: undefined, timeoutMs: 5000 } as const;
  return { ...cdash, ...COMMON, ...more };
}

/** Puts the reports of a run into the spool. */
function spoolRun(minute: number, reports: Readonly<Record<string, string>>): void {
  const tag = `20020131-11${String(minute).padStart(2, '0')}`;
  const testing = join(directory, 'Testing', tag);
  mkdirSync(testing, { recursive: true });
  const files = Object.entries(reports).map(([name, text]) => {
    writeFileSync(join(testing, name), text);
    return join(testing, name);
  });
  const facts = { site: 'host', build: 'gcc', stamp: `${tag}-Nightly`, tries: 0, refusals: 0 };
  addSubmission(spool, { ...facts, since: new Date(now).toISOString() }, files);
}

async function delivery(settings: Settings = toServer(), atOnce = false): Promise<Delivery> {
  const destination = await destinationOf(settings, {});
  const { signal } = new AbortController();
  const context = { now: () => new Date(now), random: () => 0.5, signal, atOnce, log: () => undefined, done: () => {} };
  try {
    return await deliver(spool, settings, destination, context);
  } finally {
    await destination.close();
  }
}

/** Without what the lock leaves. */
const visible = (path: string): string[] =>
  readdirSync(path).filter((name) => name !== '.lock-strategy' && name !== 'delivery.lock');

const stamps = (): string[] =>
  server.received.map(({ parameters: { FileName = '' } }) =>
    FileName.replace(/^.*20020131-(.*)-Nightly___XML___/, '$1 '),
  );

describe('what is in a spool', () => {
  test('is delivered in order, each build with a Done.xml that knows what CDash calls it', async () => {
    spoolRun(21, { 'Update.xml': '<u/>', 'Build.xml': '<b/>' });
    spoolRun(31, { 'Test.xml': '<t/>' });
    expect(await delivery()).toMatchObject({ delivered: 5, left: { count: 0 }, problems: [], end: { kind: 'empty' } });
    expect(stamps()).toEqual(['1121 Update.xml', '1121 Build.xml', '1121 Done.xml', '1131 Test.xml', '1131 Done.xml']);
    expect(server.received[2]?.body).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Done>\n\t<buildId>4711<\/buildId>\n\t<time>\d+<\/time>\n<\/Done>\n$/,
    );
    expect(visible(spool)).toEqual([]);
  });

  test('is what it was when it came, whatever a later run of the same stamp writes', async () => {
    spoolRun(21, { 'Test.xml': 'first' });
    const file = join(directory, 'Testing', '20020131-1121', 'Test.xml');
    rmSync(file);
    writeFileSync(file, 'second');
    await delivery();
    expect(server.received[0]?.body).toBe('first');
  });

  test('stays there, in its order, while the server is away, and goes when it is back', async () => {
    spoolRun(21, { 'Build.xml': '<b/>', 'Test.xml': '<t/>' });
    spoolRun(31, { 'Build.xml': '<b/>' });
    server.manners.push((_answer, _report, accept) => accept(), breakingOff);
    const first = await delivery();
    const why = expect.stringMatching(/^Test\.xml of 20020131-1121-Nightly: http:.* other side closed/);
    expect(first).toMatchObject({ delivered: 1, problems: [], end: { kind: 'put-off', why } });
    expect(readSpool(spool).submissions.map(({ files }) => files.map(({ name }) => name))).toEqual([
      ['Test.xml'],
      ['Build.xml'],
    ]);
    now += MINUTE;
    expect(await delivery()).toMatchObject({ delivered: 4, left: { count: 0 }, problems: [] });
    expect(stamps()).toEqual(['1121 Build.xml', '1121 Test.xml', '1121 Done.xml', '1131 Build.xml', '1131 Done.xml']);
  });

  test('is tried again at once, a few times, and then by later runs after 1, 2, 4 minutes', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    server.manners.push(...Array.from({ length: 3 }, () => refusing(500)));
    expect(await delivery(toServer({ retries: 2 }))).toMatchObject({ end: { kind: 'put-off' } });
    expect(server.answers).toHaveLength(3);
    const due = now + MINUTE;
    expect(await delivery()).toMatchObject({ end: { kind: 'not-due', atMs: due }, problems: [] });
    now = due;
    // A later run has no such patience: a server that is dead for a day must not hold up every run of that day.
    server.manners.push(refusing(500), refusing(500));
    expect(await delivery(toServer({ retries: 2 }))).toMatchObject({ end: { kind: 'put-off' } });
    expect(server.answers).toHaveLength(4);
    expect(await delivery()).toMatchObject({ end: { kind: 'not-due', atMs: now + 2 * MINUTE } });
    // A person who asks for it does not have to wait.
    expect(await delivery(toServer(), true)).toMatchObject({ end: { kind: 'put-off' } });
    expect(await delivery()).toMatchObject({ end: { kind: 'not-due', atMs: now + 4 * MINUTE } });
  });

  test('is tried at once when the clock was set back: its last attempt lies in the future', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    server.manners.push(breakingOff);
    await delivery();
    now -= 3 * DAY;
    expect(await delivery()).toMatchObject({ delivered: 2 });
  });

  test('waits as long as the server has asked for', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    server.manners.push(refusing(503, '', { 'retry-after': '1800' }));
    expect(await delivery(toServer({ retries: 3 }))).toMatchObject({ end: { kind: 'put-off' } });
    expect(server.answers).toHaveLength(1);
    now += 29 * MINUTE;
    expect(await delivery()).toMatchObject({ end: { kind: 'not-due' } });
    now += MINUTE;
    expect(await delivery()).toMatchObject({ delivered: 2 });
  });

  test('is sent once more when the answer was lost, the same to the byte, so that CDash knows it', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    server.manners.push((_answer, _report, accept) => accept(), losingTheAnswer);
    expect(await delivery()).toMatchObject({ delivered: 1, end: { kind: 'put-off' } });
    now += 10 * MINUTE;
    expect(await delivery()).toMatchObject({ delivered: 1, end: { kind: 'empty' } });
    const [, done, again] = server.received;
    expect(again).toEqual(done);
  });
});

describe('a report that the server does not want', () => {
  test('is given up after three runs and named, and no longer blocks those behind it', async () => {
    spoolRun(21, { 'Build.xml': '<b/>', 'Test.xml': '<t/>' });
    const no = (): unknown => server.manners.push(refusing(200, cdash('ERROR', 'Build.xml is no XML')));
    for (let run = 1; run < 3; run++) {
      no();
      expect(await delivery(toServer(), true)).toMatchObject({ delivered: 0, end: { kind: 'put-off' } });
    }
    no();
    const { problems, ...rest } = await delivery(toServer(), true);
    expect(rest).toMatchObject({ delivered: 2, end: { kind: 'empty' } });
    expect(problems).toEqual([
      expect.stringMatching(/^Build\.xml of .* says ERROR: Build\.xml is no XML; given up after 3 runs$/),
    ]);
    expect(stamps()).toEqual(['1121 Test.xml', '1121 Done.xml']);
  });

  test('does not count what the server says of anything else', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    for (let run = 0; run < 8; run++) {
      server.manners.push(refusing(401));
      expect(await delivery(toServer(), true)).toMatchObject({ end: { kind: 'put-off' } });
    }
    expect(await delivery(toServer(), true)).toMatchObject({ delivered: 2 });
  });
});

describe('the limits of a spool', () => {
  test('what is too old is given up and said', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    now += 15 * DAY;
    spoolRun(31, { 'Build.xml': '<b/>' });
    const { problems, delivered } = await delivery();
    expect(problems).toEqual([
      expect.stringMatching(/^given up \(older than 14 days\): .* 20020131-1121-Nightly never/),
    ]);
    expect(delivered).toBe(2);
    expect(stamps()[0]).toBe('1131 Build.xml');
  });

  test('what is too much goes oldest first, and never the newest', async () => {
    spoolRun(21, { 'Build.xml': 'x'.repeat(600_000) });
    spoolRun(31, { 'Build.xml': 'y'.repeat(600_000) });
    spoolRun(41, { 'Build.xml': 'z'.repeat(2_000_000) });
    const { problems } = await delivery();
    expect(problems).toHaveLength(2);
    expect(stamps()).toEqual(['1141 Build.xml', '1141 Done.xml']);
  });
});

describe('in a spool', () => {
  test('two runs at once send nothing twice', async () => {
    for (let minute = 10; minute < 30; minute++) spoolRun(minute, { 'Build.xml': '<b/>', 'Test.xml': '<t/>' });
    const all = await Promise.all([delivery(), delivery(), delivery()]);
    expect(all.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(60);
    expect(new Set(stamps()).size).toBe(60);
    expect(stamps()).toEqual(stamps().toSorted((a, b) => Number(a.slice(0, 4)) - Number(b.slice(0, 4))));
  });

  test('a delivery that somebody else is at for long is left to him', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    const { lock } = (await openLock(join(spool, 'delivery')).acquire()) as { lock: { release(): void } };
    expect(await delivery()).toMatchObject({ delivered: 0, end: { kind: 'busy' }, problems: [] });
    lock.release();
  });

  test('what processes have left that died is no obstacle and goes, and what is strange is named', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    mkdirSync(join(spool, '00000000'));
    writeFileSync(join(spool, '00000000', '.99.0123456789abcdef.tmp'), '{');
    const abandoned = join(spool, '.99.0123456789abcdef.tmp');
    mkdirSync(abandoned);
    utimesSync(abandoned, new Date(now - DAY), new Date(now - DAY));
    mkdirSync(join(spool, '00000005'));
    writeFileSync(join(spool, '00000005', 'submission.json'), '{"site":');
    symlinkSync('/etc', join(spool, '00000006'));
    const { problems, delivered } = await delivery();
    expect(delivered).toBe(2);
    expect(problems).toEqual([
      expect.stringContaining('00000005/submission.json cannot be read'),
      expect.stringContaining('00000006 is in the way'),
    ]);
    expect(visible(spool)).toEqual(['00000005', '00000006']);
  });

  test('a new submission goes behind all others, also where a place has just become free', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    mkdirSync(join(spool, '00000002'));
    spoolRun(31, { 'Build.xml': '<b/>' });
    expect(readSpool(spool).submissions.map(({ stamp }) => stamp)).toEqual([
      '20020131-1121-Nightly',
      '20020131-1131-Nightly',
    ]);
  });

  test('nothing appears of a submission that could not be put there whole', () => {
    const facts = { site: 'h', build: 'b', stamp: 's', since: new Date(now).toISOString(), tries: 0, refusals: 0 };
    writeFileSync(join(directory, 'Build.xml'), '');
    const files = [join(directory, 'Build.xml'), join(directory, 'Test.xml')];
    expect(() => addSubmission(spool, facts, files)).toThrow(/ENOENT/);
    expect(readdirSync(spool)).toEqual([]);
  });
});

describe('a drop box', () => {
  const box = (): string => join(directory, 'box');
  const toBox = (): Settings => ({ type: 'directory', directory: box(), ...COMMON });

  test('gets each report whole, under the names of Dart', async () => {
    mkdirSync(box());
    spoolRun(21, { 'Build.xml': '<b/>', 'Test.xml': '<t/>' });
    expect(await delivery(toBox())).toMatchObject({ delivered: 3, end: { kind: 'empty' } });
    expect(readdirSync(box()).sort()).toEqual(
      ['Build.xml', 'Done.xml', 'Test.xml'].map((name) => `host___gcc___20020131-1121-Nightly___XML___${name}`),
    );
    expect(readFileSync(join(box(), 'host___gcc___20020131-1121-Nightly___XML___Build.xml'), 'utf8')).toBe('<b/>');
  });

  test('that is away, as when its server is not mounted, is waited for and not made', async () => {
    spoolRun(21, { 'Build.xml': '<b/>' });
    expect(await delivery(toBox())).toMatchObject({ delivered: 0, end: { kind: 'put-off' } });
    expect(existsSync(box())).toBe(false);
    mkdirSync(box());
    expect(await delivery(toBox(), true)).toMatchObject({ delivered: 2 });
  });

  test('is not left by names that look like paths', async () => {
    mkdirSync(box());
    mkdirSync(join(directory, 'Testing', 't'), { recursive: true });
    const file = join(directory, 'Testing', 't', 'Build.xml');
    writeFileSync(file, '<b/>');
    const since = new Date(now).toISOString();
    addSubmission(spool, { site: '../../x', build: 'a/b\nc', stamp: 's', since, tries: 0, refusals: 0 }, [file]);
    await delivery(toBox());
    expect(readdirSync(box()).sort()).toEqual([
      '_._.._x___a_b_c___s___XML___Build.xml',
      '_._.._x___a_b_c___s___XML___Done.xml',
    ]);
  });
});
