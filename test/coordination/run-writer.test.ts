import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/coordination/keys.js';
import { Line } from '../../src/coordination/line.js';
import { LineJournal, LineJournalError } from '../../src/coordination/line-journal.js';
import { livesOf } from '../../src/coordination/lives.js';
import { Presence } from '../../src/coordination/presence.js';
import { RunWriter } from '../../src/coordination/run-writer.js';
import { clearStanding, standingLocks } from '../../src/coordination/standing.js';
import type { Etcd } from '../../src/etcd/etcd.js';
import type { UpdateRecord } from '../../src/updates/record.js';
import { CuttingProxy } from '../etcd/cutting-proxy.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';

let prefixes = 0;

describe.skipIf(noEtcd !== undefined)(`the writes of a run in etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  let proxy: CuttingProxy;
  const presences: Presence[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start();
    proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
  });
  afterAll(async () => {
    await proxy.close();
    await cluster.stop();
  });
  afterEach(async () => {
    proxy.loses = () => false;
    for (const presence of presences.splice(0)) await presence.stop();
  });

  /** A run, as one of a host has it. */
  async function run(name: string, keys: Keys, build = 'trunk', primary = 'trunk', etcd = cluster.client()) {
    const presence = await Presence.begin(etcd, 10_000);
    presences.push(presence);
    const writer = new RunWriter(etcd, keys, name, presence);
    const line = new Line(etcd, keys, writer, { build, primary });
    const { alive, trace } = presence.leases;
    const signs = [
      { put: keys.alive(name), value: '', lease: alive },
      { put: keys.trace(name), value: '', lease: trace },
    ];
    return { presence, writer, line, signs, journal: new LineJournal(etcd, keys, primary) };
  }
  const fresh = (): Keys => new Keys(`/t/${++prefixes}`);
  const viaProxy = (): Etcd => cluster.client({ endpoints: [proxy.endpoint], requestTimeoutMs: 800 });
  const record = (sequence: number, more: Partial<UpdateRecord> = {}): UpdateRecord => ({
    format: 1,
    sequence,
    buildstamp: 'x',
    type: 'git',
    prior: `r${sequence - 1}`,
    revision: `r${sequence}`,
    started: '2026-01-01T00:00:00Z',
    ended: '2026-01-01T00:00:01Z',
    changes: [],
    ...more,
  });
  const TEXTS = { running: 'r', update: 'u' };

  test('a write whose answer is lost is done once, and the run knows it', async () => {
    const keys = fresh();
    const { line, signs, journal, writer } = await run('a', keys, 'trunk', 'trunk', viaProxy());
    let lost = 0;
    proxy.loses = (request) => request.includes('/v3/kv/txn') && ++lost % 2 === 1;
    expect(await line.beginPrimary(TEXTS, signs)).toEqual({ kind: 'done' });
    expect((await journal.append(record(1), { writer, line })).kind).toBe('written');
    expect((await journal.append(record(2), { writer, line })).kind).toBe('written');
    expect(lost).toBeGreaterThan(6);
    const direct = cluster.client();
    const { entries } = await direct.list(keys.records('trunk'));
    // Each was written by one transaction, and not put again by the repetition.
    expect(entries.map(({ version }) => version)).toEqual(['1', '1']);
    expect(await line.end()).toEqual({ kind: 'done' });
    expect(await standingLocks(direct, keys)).toEqual([]);
  });

  test('of twenty runs that begin at once, one does', async () => {
    const keys = fresh();
    const runs = await Promise.all(Array.from({ length: 20 }, (_, index) => run(`r${index}`, keys)));
    const begun = await Promise.all(runs.map(({ line, signs }) => line.beginPrimary(TEXTS, signs)));
    expect(begun.filter(({ kind }) => kind === 'done')).toHaveLength(1);
    expect(begun.filter(({ kind }) => kind === 'blocked')).toHaveLength(19);
    expect(await standingLocks(cluster.client(), keys)).toHaveLength(2);
  });

  test('after its locks were cleared a run writes nothing, also where another one has made the same locks since', async () => {
    const keys = fresh();
    const etcd = cluster.client();
    const old = await run('old', keys);
    await old.line.beginPrimary(TEXTS, old.signs);
    const locks = await standingLocks(etcd, keys, 'trunk');
    expect(await clearStanding(etcd, keys, { locks, runs: ['old'], by: 'a test' })).toBe(true);
    // The second person is too late, whatever stands there by now.
    const next = await run('next', keys);
    expect(await next.line.beginPrimary(TEXTS, next.signs)).toEqual({ kind: 'done' });
    expect(await clearStanding(etcd, keys, { locks, runs: ['old'], by: 'a test' })).toBe(false);

    expect((await old.journal.append(record(1), old)).kind).toBe('refused');
    expect((await old.journal.moveCursor('trunk', 1, old)).kind).toBe('refused');
    expect(await old.line.endUpdate()).toEqual({ kind: 'cleared' });
    expect(await old.line.end()).toEqual({ kind: 'cleared' });
    expect(await old.journal.head()).toBeUndefined();
    expect(await standingLocks(etcd, keys)).toHaveLength(2);
    expect((await next.journal.append(record(1), next)).kind).toBe('written');
  });

  test('a run whose lease is over writes nothing, also if its locks stand', async () => {
    const keys = fresh();
    const { line, signs, journal, presence, writer } = await run('a', keys);
    await line.beginPrimary(TEXTS, signs);
    await cluster.client().revoke(presence.leases.alive);
    expect((await journal.append(record(1), { writer, line })).kind).toBe('refused');
    expect(await standingLocks(cluster.client(), keys)).toHaveLength(2);
    // It finds out by its next renewal, too.
    await until('the loss', () => presence.lost.aborted, 5000);
  });

  test('whether a run lives, and since when it does not, is known without any clock of a host', async () => {
    const keys = fresh();
    const etcd = cluster.client();
    const { line, signs, presence } = await run('a', keys);
    await line.beginPrimary(TEXTS, signs);
    const lifeOf = async (run: string) => (await livesOf(etcd, keys, [run])).get(run);
    expect(await lifeOf('a')).toEqual({ kind: 'alive' });
    await presence.stop();
    await etcd.revoke(presence.leases.alive);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const life = await lifeOf('a');
    expect(life?.kind).toBe('silent');
    if (life?.kind === 'silent') expect(life.forMs).toBeGreaterThanOrEqual(2000);
    await etcd.revoke(presence.leases.trace);
    expect(await lifeOf('a')).toEqual({ kind: 'silent', forMs: undefined });
  });

  test('a follower joins only where no update stands, and the primary sees it', async () => {
    const keys = fresh();
    const primary = await run('p', keys);
    const follower = await run('f', keys, 'beta', 'trunk');
    expect(await follower.line.beginFollower('r', follower.signs)).toEqual({ kind: 'done' });
    await primary.line.beginPrimary(TEXTS, primary.signs);
    const join = () => follower.line.join({ mark: 'm', checkout: 'c' });
    expect(await join()).toMatchObject({ kind: 'blocked', locks: [{ build: 'trunk', name: 'update' }] });
    expect(await primary.line.mayUpdate()).toEqual({ kind: 'done' });
    await primary.line.endUpdate();
    expect(await join()).toEqual({ kind: 'done' });
    expect(await primary.line.mayUpdate()).toMatchObject({ kind: 'blocked', locks: [{ name: 'running.beta' }] });
    await follower.line.end();
    expect(await primary.line.mayUpdate()).toEqual({ kind: 'done' });
  });

  test('a follower does not begin beside a home that another host has put there since it looked', async () => {
    const keys = fresh();
    const first = await run('f1', keys, 'beta', 'trunk');
    const second = await run('f2', keys, 'beta', 'trunk');
    const home = keys.home('beta');
    const begin = ({ line, signs }: typeof first, host: string) =>
      line.beginFollower('r', [...signs, { put: home, value: host }], [home]);
    expect(await begin(first, 'here')).toEqual({ kind: 'done' });
    await first.line.end();
    expect(await begin(second, 'there')).toEqual({ kind: 'cleared' });
    expect(await cluster.client().get(home)).toMatchObject({ value: 'here' });
  });

  test('a record of any size comes back as it was, and the oldest go that all have built', async () => {
    const keys = fresh();
    const { line, signs, journal, writer } = await run('a', keys);
    await line.beginPrimary(TEXTS, signs);
    // Random, so that packing makes it no shorter: three parts.
    const log = Array.from({ length: 60_000 }, () => Math.random().toString(36).slice(2)).join(' ');
    const change = {
      revision: 'r1',
      author: 'ä',
      email: '',
      date: '',
      committer: '',
      committerEmail: '',
      committedDate: '',
      log,
      files: [],
    };
    const large = record(1, { changes: [change] });
    await journal.append(large, { writer, line });
    for (let sequence = 2; sequence <= 5; sequence++) await journal.append(record(sequence), { writer, line });
    expect(await journal.record(1)).toEqual(large);
    expect((await journal.after(2)).map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    expect(await journal.head()).toMatchObject({ sequence: 5, revision: 'r5' });
    const young = { olderThan: Date.now(), inAnyCase: 0 };
    expect(await journal.prune(young, { writer, line })).toBe(0); // no build has a cursor
    await journal.moveCursor('trunk', 5, { writer, line });
    await journal.moveCursor('beta', 3, { writer, line });
    expect(await journal.prune({ olderThan: Date.parse('2025-01-01'), inAnyCase: 0 }, { writer, line })).toBe(0); // too young
    expect(await journal.prune(young, { writer, line })).toBe(2);
    expect((await journal.after(2)).map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    await expect(journal.after(1)).rejects.toThrow(LineJournalError);
    const { entries } = await cluster.client().list(keys.parts('trunk', 1));
    expect(entries).toEqual([]);
    // A build that has not come for very long is not waited for, but the newest record stays.
    const now = Date.now();
    expect(await journal.prune({ olderThan: now, inAnyCase: now }, { writer, line })).toBe(2);
    expect((await journal.after(4)).map(({ sequence }) => sequence)).toEqual([5]);
  });

  test.each([
    ['no record at all', 'x'],
    ['parts that are missing', JSON.stringify({ format: 1, revision: 'r1', ended: '', nonce: 'gone', parts: 1 })],
    ['a million parts', JSON.stringify({ format: 1, revision: 'r1', ended: '', nonce: 'gone', parts: 1_000_000 })],
  ])('what other hands have written is not taken for a record: %s', async (_, value) => {
    const keys = fresh();
    const etcd = cluster.client();
    const { journal } = await run('a', keys);
    await etcd.transact({ compare: [], then: [{ put: keys.record('trunk', 1), value }] });
    await expect(journal.after(0)).rejects.toThrow(LineJournalError);
  });

  test('a packed record that unpacks to more than fits is refused', async () => {
    const { gzipSync } = await import('node:zlib');
    const keys = fresh();
    const etcd = cluster.client();
    const { journal } = await run('a', keys);
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024)).toString('base64');
    const header = { format: 1, revision: 'r1', ended: '', nonce: 'n', parts: 1 };
    await etcd.transact({
      compare: [],
      then: [
        { put: `${keys.parts('trunk', 1)}n/0`, value: bomb },
        { put: keys.record('trunk', 1), value: JSON.stringify(header) },
      ],
    });
    await expect(journal.after(0)).rejects.toThrow('cut off');
  });
});
