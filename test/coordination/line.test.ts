import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clearInEtcd, locksInEtcd } from '../../src/stages/locks-in-etcd.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { follower, type HostOf, Hosts, primary } from './hosts.js';

const WAITS = 'when_secondaries_build = "wait"\nsecondaries_timeout = "20 s"';
/** A stage that goes on until the test says so. */
const HELD = 'cat ../source/latest >> ../built; touch ../begun; while [ ! -e ../go ]; do sleep 0.05; done';

describe.skipIf(noEtcd !== undefined)(`builds on hosts that share nothing but etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  const open: Hosts[] = [];
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());
  afterEach(() => {
    for (const hosts of open.splice(0)) hosts.remove();
  });

  function make(more = {}): Hosts {
    const hosts = new Hosts(
      cluster.members.map(({ endpoint }) => endpoint),
      more,
    );
    open.push(hosts);
    return hosts;
  }

  const begun = (host: HostOf): Promise<void> =>
    until('the stage to begin', () => existsSync(join(host.root, 'begun')));
  const go = (host: HostOf): void => writeFileSync(join(host.root, 'go'), '');
  const left = async (hosts: Hosts): Promise<string[]> => {
    const seen = await locksInEtcd(hosts.coordination);
    if (seen.kind === 'away') throw new Error(seen.message);
    return seen.locks.map(({ path }) => path.slice(path.indexOf('/locks/') + 7));
  };
  const filesLeft = (host: HostOf, build: string): string[] =>
    readdirSync(join(host.root, build, 'Testing', 'Temporary')).filter((name) =>
      ['running', 'update', 'build'].includes(name),
    );

  test('a follower builds each update of its primary once, merged, and in order', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk'));
    const early = await beta.run('beta-gcc');
    expect(early).toMatchObject({ kind: 'update-failed', message: expect.stringContaining('Run trunk first') });
    expect((await alpha.run('trunk')).kind).toBe('done');
    expect((await beta.run('beta-gcc')).kind).toBe('done');
    expect((await beta.run('beta-gcc')).kind).toBe('no-news');
    // What nothing has recorded is not built, although the follower could fetch it.
    hosts.commit();
    expect((await beta.run('beta-gcc')).kind).toBe('no-news');
    expect((await alpha.run('trunk')).kind).toBe('done');
    hosts.commit();
    expect((await alpha.run('trunk')).kind).toBe('done');
    hosts.commit();
    const result = await beta.run('beta-gcc');
    expect(result.kind).toBe('done');
    if (result.kind !== 'done') return;
    expect(beta.built()).toEqual(['1', '3']);
    const xml = readFileSync(join(beta.root, 'beta-gcc', 'Testing', result.stamp.tag, 'Update.xml'), 'utf8');
    expect([...xml.matchAll(/commit (\d)/g)].map(([, number]) => number)).toEqual(expect.arrayContaining(['2', '3']));
    expect(xml).not.toContain('commit 4');
    expect(await left(hosts)).toEqual([]);
    const journal = (host: HostOf, build: string) =>
      readdirSync(join(host.root, build, 'Testing', 'Updates')).filter((name) => /^\d+\.json$/.test(name));
    expect(journal(beta, 'beta-gcc')).toEqual(journal(alpha, 'trunk'));
  });

  test('secondaries of a host share the checkout of a follower there, by the locks in its files', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const secondary =
      '[builds.s]\nprimary = "beta-gcc"\ndirectory = "s"\nupdate_timeout = "1 s"\n[builds.s.stages.build]\nshell = "cat ../source/latest >> ../s-built"\n';
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk') + secondary);
    await alpha.run('trunk');
    expect((await beta.run('beta-gcc')).kind).toBe('done');
    expect((await beta.run('s')).kind).toBe('done');
    hosts.commit();
    expect((await beta.run('s')).kind).toBe('no-news');
    await alpha.run('trunk');
    expect((await beta.run('s')).kind).toBe('no-news');
    await beta.run('beta-gcc');
    expect((await beta.run('s')).kind).toBe('done');
    expect(readFileSync(join(beta.root, 's-built'), 'utf8')).toBe('1\n2\n');
  });

  test('two hosts do not follow under one name: the second is refused, with where the first builds and what to do', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const homes = ['beta', 'gamma'].map((name) => hosts.host(name, follower('same', 'trunk')));
    await alpha.run('trunk');
    const ends = await Promise.all(homes.map((host) => host.run('same')));
    const [refused] = ends.filter(({ kind }) => kind !== 'done');
    expect(ends.map(({ kind }) => kind)).toContain('done');
    // Also where the other one was in its middle at first.
    const loser = homes[ends.findIndex(({ kind }) => kind !== 'done')];
    expect(loser).toBeDefined();
    expect(refused?.kind).not.toBe('done');
    expect(await loser?.run('same')).toMatchObject({
      kind: 'update-failed',
      message: expect.stringMatching(/another follower has the name same: (beta|gamma) .*\n.*etcdctl del /),
    });
  });

  test('a primary does not update while a follower builds: it aborts and names it', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk', '', HELD));
    await alpha.run('trunk');
    const building = beta.run('beta-gcc');
    await begun(beta);
    hosts.commit();
    const refused = await alpha.run('trunk');
    expect(refused).toMatchObject({ kind: 'secondaries-building', locks: [{ name: 'running.beta-gcc' }] });
    expect(filesLeft(alpha, 'trunk')).toEqual([]);
    expect(await left(hosts)).toEqual(['beta-gcc/build', 'beta-gcc/running', 'trunk/running.beta-gcc']);
    go(beta);
    expect((await building).kind).toBe('done');
    expect((await alpha.run('trunk')).kind).toBe('done');
  });

  test('or waits for it, and goes on when it has left', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk', WAITS));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk', '', HELD));
    await alpha.run('trunk');
    const building = beta.run('beta-gcc');
    await begun(beta);
    hosts.commit();
    const waits: unknown[] = [];
    const updating = alpha.run('trunk', { report: (event) => event.kind === 'waiting' && waits.push(event) });
    await until('the wait', () => waits.length > 0);
    expect(await left(hosts)).toContain('trunk/update');
    go(beta);
    expect((await building).kind).toBe('done');
    expect((await updating).kind).toBe('done');
    expect(alpha.built()).toEqual(['1', '2']);
  });

  test('a follower waits for the update of its primary, no longer than it may', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk', 'update_timeout = "1 s"'));
    const late = hosts.host('gamma', follower('gamma-gcc', 'trunk', 'update_timeout = "30 s"'));
    await alpha.run('trunk');
    hosts.commit();
    let resume = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      resume = resolve;
    });
    // The update stands still where the run asks git.
    mkdirSync(join(alpha.root, 'bin'));
    const script = `#!/bin/sh\ncase "$*" in *fetch*) while [ ! -e ${alpha.root}/go ]; do sleep 0.05; done;; esac\nexec /usr/bin/git "$@"\n`;
    writeFileSync(join(alpha.root, 'bin', 'git'), script, { mode: 0o755 });
    const environment = { ...alpha.environment, PATH: `${alpha.root}/bin:${process.env['PATH']}` };
    const updating = alpha.run('trunk', { environment, report: (event) => event.kind === 'begun' && resume() });
    await held;
    await until('the update', async () => (await left(hosts)).includes('trunk/update'));
    expect(await beta.run('beta-gcc')).toMatchObject({ kind: 'wait-timed-out', locks: [{ name: 'update' }] });
    const waiting = late.run('gamma-gcc');
    await until('the follower', async () => (await left(hosts)).includes('gamma-gcc/running'));
    go(alpha);
    expect((await updating).kind).toBe('done');
    expect((await waiting).kind).toBe('done');
    expect(late.built()).toEqual(['2']);
    expect(await left(hosts)).toEqual([]);
  });

  test('a build runs on one host at a time, and goes on from what the other host has recorded', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk', '', HELD));
    const beta = hosts.host('beta', primary('trunk'));
    const building = alpha.run('trunk');
    await begun(alpha);
    expect(await beta.run('trunk')).toMatchObject({
      kind: 'held',
      locks: [{ name: 'running', build: 'trunk', record: { host: 'alpha' }, judgement: { fate: 'alive' } }],
    });
    expect(filesLeft(beta, 'trunk')).toEqual([]);
    go(alpha);
    await building;
    hosts.commit();
    expect((await beta.run('trunk')).kind).toBe('done');
    hosts.commit();
    expect((await alpha.run('trunk')).kind).toBe('done');
    expect(alpha.built()).toEqual(['1', '3']);
    const names = (host: HostOf) => readdirSync(join(host.root, 'trunk', 'Testing', 'Updates'));
    expect(names(alpha)).toEqual(expect.arrayContaining(['00000001.json', '00000002.json', '00000003.json']));
  });

  test('a run whose locks a person has cleared records nothing any more, on this host or in etcd', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk', '', HELD));
    await alpha.run('trunk');
    const building = beta.run('beta-gcc');
    await begun(beta);
    const seen = await locksInEtcd(hosts.coordination, 'beta-gcc');
    if (seen.kind === 'away') throw new Error(seen.message);
    expect(seen.locks.every(({ judgement }) => judgement.fate === 'alive')).toBe(true);
    expect(await clearInEtcd(hosts.coordination, 'beta-gcc', seen.locks, 'a test')).toEqual({ kind: 'cleared' });
    go(beta);
    const result = await building;
    expect(result).toMatchObject({ kind: 'cut-off', loss: { kind: 'cleared' } });
    expect(await left(hosts)).toEqual([]);
    // The locks in the files of its own host stay until its next run finds that they were cleared.
    expect(filesLeft(beta, 'beta-gcc')).toContain('running');
    expect((await beta.run('beta-gcc')).kind).toBe('held'); // this process, which is still alive, is their owner
    const cursor = join(beta.root, 'beta-gcc', 'Testing', 'Updates', 'cursors', 'beta-gcc.json');
    expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject({ completed: false });
  });

  test('nor does one that was cleared while it waited say that it has ended in order: its locks stay on its host', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk', 'update_timeout = "2 s"'));
    await alpha.run('trunk');
    const { prefix } = hosts.coordination;
    const update = { put: `${prefix}/locks/trunk/update`, value: 'of a run that another test has not made' };
    await cluster.client().transact({ compare: [], then: [update] });
    const waiting = beta.run('beta-gcc');
    await until('the follower', async () => (await left(hosts)).includes('beta-gcc/running'));
    const seen = await locksInEtcd(hosts.coordination, 'beta-gcc');
    if (seen.kind === 'away') throw new Error(seen.message);
    expect(await clearInEtcd(hosts.coordination, 'beta-gcc', seen.locks, 'a test')).toEqual({ kind: 'cleared' });
    expect(await waiting).toMatchObject({ kind: 'cut-off', loss: { kind: 'cleared' } });
    expect(filesLeft(beta, 'beta-gcc')).toEqual(['running', 'update']);
    expect(beta.built()).toEqual([]);
  });

  test('two hosts do not use one name for their followers', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('gcc', 'trunk'));
    const gamma = hosts.host('gamma', follower('gcc', 'trunk'));
    await alpha.run('trunk');
    expect((await beta.run('gcc')).kind).toBe('done');
    const refused = await gamma.run('gcc');
    expect(refused).toMatchObject({
      kind: 'update-failed',
      message: expect.stringMatching(/name gcc: beta .*gamma /s),
    });
    expect(filesLeft(gamma, 'gcc')).toEqual([]);
    expect((await beta.run('gcc')).kind).toBe('no-news');
    expect(await left(hosts)).toEqual([]);
  });

  test('where etcd cannot be reached nothing is begun', async () => {
    const hosts = make({ endpoints: ['http://127.0.0.1:9'], requestTimeout: '1 s' });
    const alpha = hosts.host('alpha', primary('trunk'));
    const result = await alpha.run('trunk');
    expect(result).toMatchObject({ kind: 'coordination-away', message: expect.stringContaining('127.0.0.1:9') });
    expect(filesLeft(alpha, 'trunk')).toEqual([]);
    expect(alpha.built()).toEqual([]);
  });

  test('a journal that etcd has lost, or that is another one, is not gone on from', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    await alpha.run('trunk');
    hosts.commit();
    await alpha.run('trunk');
    const etcd = cluster.client();
    await etcd.transact({ compare: [], then: [{ removePrefix: `${hosts.coordination.prefix}/journal/` }] });
    hosts.commit();
    const beta = hosts.host('beta', primary('trunk'));
    expect((await beta.run('trunk')).kind).toBe('done'); // begins a journal of its own
    const result = await alpha.run('trunk');
    expect(result).toMatchObject({ kind: 'update-failed', message: expect.stringContaining('contradict') });
    expect(alpha.built()).toEqual(['1', '2']);
    expect(await left(hosts)).toEqual([]);
  });

  test('a follower that is behind a journal that begins anew says how it goes on', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk'));
    await alpha.run('trunk');
    await beta.run('beta-gcc');
    for (let commits = 0; commits < 2; commits++) {
      hosts.commit();
      await alpha.run('trunk');
    }
    const { prefix } = hosts.coordination;
    await cluster.client().transact({ compare: [], then: [{ removePrefix: `${prefix}/journal/trunk/` }] });
    hosts.commit();
    expect((await alpha.run('trunk')).kind).toBe('done');
    const result = await beta.run('beta-gcc');
    const journal = join(beta.root, 'beta-gcc', 'Testing', 'Updates');
    expect(result).toMatchObject({
      kind: 'update-failed',
      message: expect.stringContaining(`move its journal away: ${journal}`),
    });
    renameSync(journal, `${journal}.old`);
    expect((await beta.run('beta-gcc')).kind).toBe('done');
    expect(beta.built()).toEqual(['1', '4']);
  });

  test('a project that was on one disk goes on from where it is', async () => {
    const hosts = make();
    const alpha = hosts.host('alpha', primary('trunk'));
    await alpha.run('trunk', {}, { alone: true });
    hosts.commit();
    await alpha.run('trunk', {}, { alone: true });
    hosts.commit();
    expect((await alpha.run('trunk')).kind).toBe('done');
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk'));
    expect((await beta.run('beta-gcc')).kind).toBe('done');
    expect(alpha.built()).toEqual(['1', '2', '3']);
    expect(beta.built()).toEqual(['3']);
  });
});
