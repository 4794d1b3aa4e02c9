import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Project, Subscriber } from '../../src/config/project.js';
import { openLock } from '../../src/locks/index.js';
import { deliverEvents, nextDueMs } from '../../src/notify/delivery.js';
import type { BuildEvent } from '../../src/notify/event.js';
import { addEvent, eventsIn, hasEvents, spoolOf } from '../../src/notify/spool.js';
import { command, event, ping, projectOf, webhook } from './events.js';
import { answering, Receiver, silent } from './receiver.js';

let directory: string;
let receiver: Receiver;
/** What the clock of the deliveries says. */
let now: number;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-notify-'));
  receiver = await new Receiver().listen();
  now = Date.parse('2002-01-31T12:00:00Z');
});

afterEach(async () => {
  await receiver.close();
  rmSync(directory, { recursive: true });
});

const state = (): string => join(directory, 'state');

/** The `number`th event of its kind, a minute after the one before. */
function numbered(number: number, kind: BuildEvent['event'] = 'run', more: Partial<BuildEvent> = {}): BuildEvent {
  const run = number.toString(16).padStart(16, '0');
  return event(kind, {
    run,
    time: new Date(Date.parse('2002-01-31T11:00:00Z') + number * MINUTE).toISOString(),
    ...more,
  });
}

function add(project: Project, ...events: BuildEvent[]): void {
  for (const subscriber of project.subscribers) {
    for (const each of events) addEvent(spoolOf(project, subscriber), each, new Date(now));
  }
}

/** Without the patience of a run, unless `random` says how long its pauses are. */
async function deliver(project: Project, more: { atOnce?: boolean; signal?: AbortSignal } = {}) {
  const { atOnce = false, signal = new AbortController().signal } = more;
  const context = { now: () => new Date(now), environment: process.env, random: () => 0, atOnce, signal };
  return (await deliverEvents(project, context)).map(({ delivery }) => delivery);
}

const waiting = (project: Project, subscriber = project.subscribers[0] as Subscriber): string[] =>
  eventsIn(spoolOf(project, subscriber))
    .readAll()
    .items.map(({ event: { run }, tries }) => `${Number.parseInt(run, 16)} tried ${tries}`);

/** The runs of what has arrived. */
const arrived = (): number[] => receiver.received.map(({ body }) => Number.parseInt(JSON.parse(body).run, 16));

/** A server that is asked again within the same run: its first attempt is the first of three. */
const refusingThrice = (status: number) => receiver.manners.push(...Array(3).fill(answering(status)));

describe('what is in a spool of events', () => {
  test('is delivered in its order, and gone then', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(2), numbered(1), numbered(3));
    expect(await deliver(project)).toEqual([
      { delivered: 3, left: { count: 0 }, problems: [], end: { kind: 'empty' } },
    ]);
    expect(arrived()).toEqual([1, 2, 3]);
    expect(hasEvents(spoolOf(project, project.subscribers[0] as Subscriber))).toBe(false);
    expect(await deliver(project)).toEqual([]);
  });

  test('is there once, however often it is put there, and no other user’s business', () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1), numbered(1));
    const [name = '', ...more] = readdirSync(join(state(), 'notify', 'webhook'));
    expect(more).toEqual([]);
    expect(name).toMatch(/^20020131T110100000Z-run\.[0-9a-f]{8}\.[0-9a-f]{24}\.json$/);
    expect(statSync(join(state(), 'notify', 'webhook', name)).mode & 0o007).toBe(0);
  });

  test('is tried again in the same run, then after 1, 2, 4 minutes, in its order', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1), numbered(2));
    receiver.usual = answering(500, 'sorry');
    expect(await deliver(project)).toMatchObject([
      { delivered: 0, problems: [], end: { kind: 'put-off', why: 'answers 500: sorry' } },
    ]);
    expect(arrived()).toEqual([1, 1, 1]);
    expect(nextDueMs(project, new Date(now))).toBe(now + MINUTE);
    expect(await deliver(project)).toMatchObject([{ end: { kind: 'not-due', atMs: now + MINUTE } }]);
    now += MINUTE;
    await deliver(project);
    expect(arrived()).toEqual([1, 1, 1, 1]);
    expect(nextDueMs(project, new Date(now))).toBe(now + 2 * MINUTE);
    expect(waiting(project)).toEqual(['1 tried 2', '2 tried 0']);
    now += 2 * MINUTE;
    receiver.usual = (answer) => void answer.end('OK');
    expect(await deliver(project)).toMatchObject([{ delivered: 2, end: { kind: 'empty' } }]);
    expect(arrived()).toEqual([1, 1, 1, 1, 1, 2]);
  });

  test('a server that asks for a pause gets it, up to a day', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1));
    receiver.manners.push(answering(429, '', { 'retry-after': '1800' }));
    await deliver(project);
    expect(receiver.received).toHaveLength(1);
    expect(nextDueMs(project, new Date(now))).toBe(now + 30 * MINUTE);
    now += 29 * MINUTE;
    expect(await deliver(project)).toMatchObject([{ end: { kind: 'not-due' } }]);
    expect(await deliver(project, { atOnce: true })).toMatchObject([{ delivered: 1 }]);
    add(project, numbered(2));
    receiver.manners.push(answering(503, '', { 'retry-after': '999999' }));
    await deliver(project);
    expect(nextDueMs(project, new Date(now))).toBe(now + 24 * HOUR);
  });

  test('a short pause that a server asks for is made within the run', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1));
    receiver.manners.push(answering(429, '', { 'retry-after': '1' }));
    const began = performance.now();
    expect(await deliver(project)).toMatchObject([{ delivered: 1 }]);
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  test('what the other side does not want is given up at the third time, and the next is delivered', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1), numbered(2));
    receiver.manners.push(...Array(3).fill(answering(400, 'bad')));
    expect(await deliver(project)).toMatchObject([{ problems: [], end: { kind: 'put-off' } }]);
    now += MINUTE;
    await deliver(project);
    now += 2 * MINUTE;
    const problem = 'notify webhook: an event (run of gcc) is given up after 3 attempts: answers 400: bad';
    expect(await deliver(project)).toMatchObject([{ delivered: 1, problems: [problem], end: { kind: 'empty' } }]);
    expect(arrived()).toEqual([1, 1, 1, 2]);
  });

  test('what is too old is tried once more and given up, in one line however many they are', async () => {
    const project = projectOf(state(), webhook(receiver.url, { keepMs: HOUR }));
    add(project, numbered(1), numbered(2));
    receiver.usual = answering(404, 'gone');
    await deliver(project);
    now += 2 * HOUR;
    const [first] = await deliver(project);
    expect(first?.problems).toEqual([
      'notify webhook: 1 event given up after 1 h: answers 404: gone; is it the right URL and token?',
    ]);
    expect(receiver.received).toHaveLength(2);
    expect(waiting(project)).toEqual(['2 tried 0']);
  });

  test('one server that hangs keeps no other subscriber waiting', async () => {
    const other = await new Receiver().listen();
    other.usual = silent;
    const hanging = webhook(other.url, { name: 'hanging', timeoutMs: 1500 });
    const project = projectOf(state(), hanging, webhook(receiver.url));
    add(project, numbered(1), numbered(2));
    const delivering = deliver(project);
    await receiver.until(2);
    expect(await delivering).toMatchObject([
      { delivered: 0, end: { kind: 'put-off', why: 'no answer within 1.5 s' } },
      { delivered: 2, end: { kind: 'empty' } },
    ]);
    expect(other.received).toHaveLength(1);
    await other.close();
  });

  test('stays as it was when the process is asked to stop', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1));
    receiver.usual = silent;
    const stop = new AbortController();
    const delivering = deliver(project, { signal: stop.signal });
    await receiver.until(1);
    stop.abort();
    expect(await delivering).toMatchObject([{ end: { kind: 'aborted' } }]);
    expect(waiting(project)).toEqual(['1 tried 0']);
  });

  test('is not sent by two processes at once', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(1));
    const held = await openLock(join(state(), 'notify', 'webhook', 'delivery')).acquire({ timeoutMs: 0 });
    expect(await deliver(project)).toMatchObject([{ delivered: 0, end: { kind: 'busy' } }]);
    if (held.kind === 'acquired') held.lock.release();
    expect(await deliver(project)).toMatchObject([{ delivered: 1 }]);
  });

  test('a file of others that is none of ours is told and blocks nothing', async () => {
    const project = projectOf(state(), webhook(receiver.url));
    add(project, numbered(2));
    const spool = join(state(), 'notify', 'webhook');
    const stem = '20020131T110000000Z-run.00000000.000000000000000000000000.json';
    writeFileSync(join(spool, stem), '{"event": {"url": "http://evil/"}}');
    symlinkSync('/etc/passwd', join(spool, stem.replace('T11', 'T10')));
    const [delivery] = await deliver(project);
    expect(delivery).toMatchObject({ delivered: 1 });
    expect(delivery?.problems).toHaveLength(2);
    expect(arrived()).toEqual([2]);
  });

  test('is put nowhere through a link that others have put in its place', () => {
    const project = projectOf(state(), webhook(receiver.url));
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(state());
    symlinkSync(elsewhere, join(state(), 'notify'));
    expect(() => add(project, numbered(1))).toThrow(/symbolic link/);
    rmSync(join(state(), 'notify'));
    mkdirSync(join(state(), 'notify'));
    symlinkSync(elsewhere, join(state(), 'notify', 'webhook'));
    expect(() => add(project, numbered(1))).toThrow(/symbolic link/);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('goes to a command until that exits with 0', async () => {
    const flag = join(directory, 'flag');
    const project = projectOf(
      state(),
      command(['sh', '-c', `cat > '${directory}/got'; test -e '${flag}' || { echo later >&2; exit 1; }`]),
    );
    add(project, numbered(1));
    expect(await deliver(project)).toMatchObject([{ end: { kind: 'put-off', why: 'exit code 1: later' } }]);
    writeFileSync(flag, '');
    now += MINUTE;
    expect(await deliver(project)).toMatchObject([{ delivered: 1, end: { kind: 'empty' } }]);
    expect(existsSync(join(directory, 'got'))).toBe(true);
  });
});

describe('pings that wait', () => {
  test('are not sent when a later one of the same build waits: only the last tells how it is', async () => {
    const project = projectOf(state(), ping(`${receiver.url}/x`));
    add(
      project,
      numbered(1),
      numbered(2, 'run', { build: 'clang' }),
      numbered(3, 'run', { result: 'done', exitCode: 0 }),
    );
    expect(await deliver(project)).toMatchObject([{ delivered: 2, problems: [], end: { kind: 'empty' } }]);
    expect(receiver.paths.map((path) => path.replace(/\?.*/, ''))).toEqual(['/x/1', '/x']);
  });

  test('keep the pause of those before them while the service is away, but no longer than 8 minutes', async () => {
    const project = projectOf(state(), ping(receiver.url));
    receiver.usual = answering(500);
    const pauses: number[] = [];
    for (let run = 1; run <= 6; run++) {
      add(project, numbered(run));
      await deliver(project);
      const dueMs = nextDueMs(project, new Date(now)) ?? 0;
      pauses.push((dueMs - now) / MINUTE);
      now = dueMs;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 8, 8]);
    expect(waiting(project)).toHaveLength(1);
  });

  test('are no news any more after an hour', async () => {
    const project = projectOf(state(), ping(receiver.url, { keepMs: HOUR }));
    add(project, numbered(1));
    refusingThrice(500);
    await deliver(project);
    now += 2 * HOUR;
    expect(await deliver(project)).toMatchObject([
      { delivered: 0, problems: ['notify ping: 1 event given up after 1 h: answers 500'], end: { kind: 'empty' } },
    ]);
    expect(receiver.received).toHaveLength(3);
  });
});
