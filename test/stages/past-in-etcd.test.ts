import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Build } from '../../src/config/project.js';
import { lookInEtcd } from '../../src/coordination/look.js';
import type { PastRun } from '../../src/stages/history.js';
import { excerptInEtcd, latestEnds, pastInEtcd, shareEnd } from '../../src/stages/past-in-etcd.js';
import { layoutOf, logFileOf } from '../../src/stages/temporary.js';
import { type HostOf, Hosts, primary } from '../coordination/hosts.js';
import { Cluster, noEtcd } from '../etcd/members.js';

describe.skipIf(noEtcd !== undefined)(`the ends of runs in etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  let hosts: Hosts;
  let alpha: HostOf;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());
  afterEach(() => hosts.remove());

  function make(endpoints = cluster.endpoints): Build {
    hosts = new Hosts(endpoints, { requestTimeout: '1 s' });
    alpha = hosts.host('alpha', primary('trunk'));
    const build = alpha.project.builds.get('trunk');
    if (build === undefined) throw new Error('no build');
    mkdirSync(layoutOf(build.directory).temporary, { recursive: true });
    return build;
  }
  const past = (number: number, more: Partial<PastRun> = {}): PastRun => ({
    run: `r${number}`,
    begun: '2026-01-01T00:00:00.000Z',
    stamp: '20260101-0000-Continuous',
    ended: '2026-01-01T00:01:00.000Z',
    result: 'done',
    exitCode: 0,
    stages: [{ name: 'build', outcome: 'passed', ms: 5 }],
    ...more,
  });
  const failed = (number: number): PastRun =>
    past(number, { result: 'stage-failed', exitCode: 1, stages: [{ name: 'build', outcome: 'failed', ms: 5 }] });
  const share = (build: Build, run: PastRun, stop = new AbortController().signal): Promise<void> =>
    shareEnd(hosts.coordination, build, { past: run, failures: [] }, stop);
  const keys = async (): Promise<string[]> => {
    const { prefix } = hosts.coordination;
    return (await cluster.client().list(prefix, { keysOnly: true })).entries.map(({ key }) =>
      key.slice(prefix.length + 1),
    );
  };

  const latest = () =>
    lookInEtcd(hosts.coordination, async (etcd, keys) => ({
      kind: 'seen' as const,
      ends: await latestEnds(etcd, keys),
    }));

  test('the newest twenty of each build are kept, with what failed in them, and all of them with a lease', async () => {
    const build = make();
    writeFileSync(logFileOf(layoutOf(build.directory), 'build', '20260101-0000'), 'one\ntwo\n');
    for (let number = 1; number <= 23; number++) await share(build, failed(number));
    const seen = await pastInEtcd(hosts.coordination, 'trunk');
    if (seen.kind === 'away') throw new Error(seen.message);
    expect(seen.ends.map(({ past: { run } }) => run)).toEqual(
      Array.from({ length: 20 }, (_, index) => `r${index + 4}`),
    );
    expect(seen.ends.at(-1)).toMatchObject({ build: 'trunk', host: 'alpha', failed: 'build' });
    expect((await keys()).filter((key) => key.startsWith('excerpts/'))).toHaveLength(20);
    const { entries } = await cluster.client().list(hosts.coordination.prefix);
    // A lease for each run would outlive its keys: at a run in ten minutes by 13,000.
    const leases = entries.filter(({ key }) => /\/(?:ended|excerpts|latest)\//.test(key)).map(({ lease }) => lease);
    expect(new Set(leases).size).toBe(1);
    expect(leases).not.toContain('0');
    const newest = await latest();
    expect(newest).toMatchObject({ kind: 'seen', ends: [{ past: { run: 'r23' } }] });
    // A run that says its end twice changes nothing.
    await share(build, past(23));
    expect(await latest()).toEqual(newest);
  });

  test('an excerpt is small and steers nothing, whatever the log has', async () => {
    const build = make();
    const log = logFileOf(layoutOf(build.directory), 'build', '20260101-0000');
    writeFileSync(log, `${'\u001b[2Jx\u0007\u202e\u0000'.repeat(40_000)}\nthe last line\n`);
    await share(build, failed(1));
    const [entry] = (await cluster.client().list(`${hosts.coordination.prefix}/excerpts/`)).entries;
    expect(entry?.value.length).toBeLessThan(200 * 1024);
    const seen = await pastInEtcd(hosts.coordination, 'trunk');
    const end = seen.kind === 'seen' ? seen.ends[0] : undefined;
    if (end === undefined) throw new Error('no end');
    expect(end.logFile).toBe(log);
    const found = await excerptInEtcd(hosts.coordination, end);
    const lines = found.kind === 'seen' ? (found.excerpt?.lines ?? []) : [];
    expect(lines.at(-1)).toBe('the last line');
    expect(Buffer.byteLength(lines.join('\n'))).toBeLessThan(16 * 1024);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  test('a symbolic link in place of the log is not followed', async () => {
    const build = make();
    const log = logFileOf(layoutOf(build.directory), 'build', '20260101-0000');
    writeFileSync(join(alpha.root, 'secret'), 'the secret\n');
    symlinkSync(join(alpha.root, 'secret'), log);
    await share(build, failed(1));
    expect((await keys()).sort()).toEqual(['ended/trunk/r1', 'latest/trunk']);
    rmSync(log);
  });

  test('what others have written there is left out, or shown as it is', async () => {
    const build = make();
    const { prefix } = hosts.coordination;
    await share(build, past(1));
    const end = { format: 1, build: 'trunk', host: 'beta\u001b[31m', past: past(2, { run: '../../x' }) };
    const put = (key: string, value: unknown) => ({ put: `${prefix}/${key}`, value: JSON.stringify(value) });
    await cluster.client().transact({
      compare: [],
      then: [
        put('ended/trunk/x1', 'nonsense'),
        put('ended/trunk/x2', { ...end, build: 'other' }),
        put('ended/trunk/x3', end),
        put('ended/trunk/x4', { ...end, host: 'x'.repeat(100_000) }),
        put('excerpts/trunk/r1', { format: 1, failures: ['\u001b]0;title\u0007'], lines: ['a\u001b[2Jb\rc'] }),
        put('latest/..', end),
      ],
    });
    const seen = await pastInEtcd(hosts.coordination, 'trunk');
    if (seen.kind === 'away') throw new Error(seen.message);
    expect(seen.ends.map(({ past: { run } }) => run)).toEqual(['r1', '../../x']);
    const [first, second] = seen.ends;
    if (first === undefined || second === undefined) throw new Error('no end');
    const found = await excerptInEtcd(hosts.coordination, first);
    expect(found).toEqual({ kind: 'seen', excerpt: { failures: [''], lines: ['ab', 'c'] } });
    expect(await excerptInEtcd(hosts.coordination, second)).toEqual({ kind: 'seen', excerpt: undefined });
    expect(await latest()).toMatchObject({ ends: [{ past: { run: 'r1' } }] });
  });

  test('where etcd is away, or the run is to stop, it says nothing and does not wait', async () => {
    const build = make(['http://127.0.0.1:9']);
    const before = performance.now();
    await share(build, failed(1));
    await share(build, failed(1), AbortSignal.abort());
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(await pastInEtcd(hosts.coordination, 'trunk')).toMatchObject({ kind: 'away' });
  });
});
