import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { HAS_CC, helper, leftIn, script, temporaryDirectory } from './helper.js';
import { HostDirectory, type HostOptions } from './hosts-in-etcd.js';

const IN_ETCD = '--strategy=etcd';
/** A port on which nothing listens. */
const AWAY = ['http://127.0.0.1:1'];

describe.skipIf(noEtcd !== undefined)(`locks of objects in etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());

  const host = (options: Partial<HostOptions> = {}): HostDirectory =>
    new HostDirectory({ endpoints: cluster.endpoints, ...options });
  const claims = async (): Promise<string[]> =>
    (await cluster.client().list('/stagelock/shared/objects/')).entries.map(({ key }) => key);

  test.skipIf(!HAS_CC)('a compile gives the object of the plain compiler, and leaves nothing else', async () => {
    const { root, start } = host();
    writeFileSync(join(root, 'objects', 'a.c'), 'int a(void) { return 1; }\n');
    execFileSync('cc', ['-c', 'a.c', '-o', '../plain.o'], { cwd: join(root, 'objects') });
    for (const args of [
      ['compile', '--target=a.o', IN_ETCD, '--', 'cc', '-c', 'a.c'],
      ['launch', '--strategy', 'etcd', '--', 'cc', '-c', 'a.c', '-o', 'a.o'],
    ]) {
      expect(await start(args).ended).toEqual({ end: 0, stdout: '', stderr: '' });
      expect(readFileSync(join(root, 'objects', 'a.o'))).toEqual(readFileSync(join(root, 'plain.o')));
      expect(leftIn(join(root, 'objects'), 'a.c', 'a.o')).toEqual([]);
    }
    expect(existsSync(join(root, 'objects', '.lock-strategy'))).toBe(false);
    expect(await claims()).toEqual([]);
  });

  test('hosts that have an object in directories of their own compile it one at a time', async () => {
    const [alpha, beta] = [host(), host({ name: 'beta' })];
    const witness = temporaryDirectory();
    const compiling = script(
      witness,
      'compiling',
      `mkdir ${witness}/now || { echo overlap >> ${witness}/overlaps; exit 99; }
      sleep 0.05; echo whole > "$last"; rmdir ${witness}/now`,
    );
    const running = [alpha, beta, alpha, beta, alpha].map((each) =>
      each.start(['compile', '--target=a.o', IN_ETCD, '--', compiling]),
    );
    for (const { ended } of running) expect(await ended).toMatchObject({ end: 0, stderr: '' });
    expect(existsSync(join(witness, 'overlaps'))).toBe(false);
    for (const each of [alpha, beta]) expect(readFileSync(each.path('objects/a.o'), 'utf8')).toBe('whole\n');
  });

  test('an object is named by its path from the configuration, or from the tree, wherever links lead', async () => {
    const { root, start, path } = host();
    mkdirSync(path('sub'));
    symlinkSync('../sub', path('objects/link'));
    const names = script(root, 'names', `sleep 0.1; while ! test -e ${root}/go; do sleep 0.05; done; echo > "$last"`);
    const there = start(['compile', '--target=link/a.o', IN_ETCD, '--', names]);
    const tree = start(['compile', '--target=a.o', IN_ETCD, '--', names], { CT_LOCK_TREE: path('objects') });
    await until('both claims', async () => (await claims()).length === 2);
    const found = (await claims()).map((key) => key.replace(/\/[^/]*$/, '')).sort();
    expect(found).toEqual(['/stagelock/shared/objects/a.o', '/stagelock/shared/objects/sub%2Fa.o']);
    writeFileSync(path('go'), '');
    expect([(await there.ended).end, (await tree.ended).end]).toEqual([0, 0]);
  });

  test('an object outside of the tree has no name, and without a configuration there is no etcd', async () => {
    const { start, path } = host();
    const outside = join(temporaryDirectory(), 'a.o');
    const refused = await start(['compile', `--target=${outside}`, IN_ETCD, '--', 'touch']).ended;
    expect(refused).toMatchObject({
      end: 125,
      stderr: expect.stringContaining('set CT_LOCK_TREE to a directory above'),
    });
    expect(existsSync(outside)).toBe(false);
    const tree = { CT_LOCK_TREE: 'objects' };
    const relative = await start(['compile', '--target=a.o', IN_ETCD, '--', 'touch'], tree).ended;
    expect(relative).toMatchObject({ end: 125, stderr: expect.stringContaining('is not an absolute path') });
    const nowhere = temporaryDirectory();
    const args = ['compile', '--target=a.o', IN_ETCD, '--', 'touch'];
    const without = await helper(args, { cwd: nowhere });
    expect(without).toMatchObject({ end: 125, stderr: expect.stringContaining('needs the table [coordination] of a') });
    expect(leftIn(nowhere)).toEqual([]);
    const env = { ...process.env, STAGELOCK_CONFIG: path('stagelock.toml'), CT_LOCK_TREE: nowhere };
    const product = script(nowhere, 'product', 'echo new > "$last"');
    const named = ['compile', '--target=a.o', IN_ETCD, '--', product];
    expect(await helper(named, { cwd: nowhere, env })).toEqual({ end: 0, stdout: '', stderr: '' });
  });

  test('what produces nothing runs without etcd', async () => {
    const { start } = host({ endpoints: AWAY });
    expect(await start(['launch', IN_ETCD, '--', 'echo', 'x']).ended).toEqual({ end: 0, stdout: 'x\n', stderr: '' });
  });

  test('a claim that a person removes while the compile runs: the object is not put in its place', async () => {
    const { root, start, path } = host();
    writeFileSync(path('objects/a.o'), 'old');
    const slow = script(
      root,
      'slow',
      `touch ${root}/begun; while ! test -e ${root}/go; do sleep 0.05; done; echo new > "$last"`,
    );
    const running = start(['compile', '--target=a.o', IN_ETCD, '--', slow]);
    await until('the compile', () => existsSync(path('begun')));
    cluster.ctl(['del', '--prefix', '/stagelock/shared/objects/']);
    writeFileSync(path('go'), '');
    expect(await running.ended).toEqual({
      end: 75,
      stdout: '',
      stderr:
        'ct-lock-helper: a.o was not put in its place, because its lock in etcd was removed; another host may compile it now\n',
    });
    expect(readFileSync(path('objects/a.o'), 'utf8')).toBe('old');
    expect(leftIn(path('objects'), 'a.o')).toEqual([]);
  });

  test('a compile that fails has its own exit code, and gives the lock back', async () => {
    const { root, start } = host();
    const failing = script(root, 'failing', 'exit 3');
    expect(await start(['compile', '--target=a.o', IN_ETCD, '--', failing]).ended).toMatchObject({
      end: 3,
      stderr: '',
    });
    expect(await claims()).toEqual([]);
  });

  test('without etcd nothing is compiled, and 75 says to try again', async () => {
    const { root, start, path } = host({ endpoints: AWAY });
    const product = script(root, 'product', 'echo new > "$last"');
    const { end, stderr } = await start(['compile', '--target=a.o', IN_ETCD, '--', product]).ended;
    expect(end).toBe(75);
    expect(stderr).toMatch(
      /^ct-lock-helper: a\.o was not compiled, because etcd could not be asked for its lock: .*ECONNREFUSED/,
    );
    expect(leftIn(path('objects'))).toEqual([]);
  });

  test('with when_away = "compile" it is compiled without a lock, and the helper says so', async () => {
    const { root, start, path } = host({ endpoints: AWAY, more: 'when_away = "compile"' });
    const product = script(root, 'product', 'echo new > "$last"');
    const { end, stderr } = await start(['compile', '--target=a.o', IN_ETCD, '--', product]).ended;
    expect(end).toBe(0);
    expect(stderr).toMatch(
      /^ct-lock-helper: a\.o is compiled without its lock \(when_away = "compile"\), because etcd/,
    );
    expect(readFileSync(path('objects/a.o'), 'utf8')).toBe('new\n');
  });

  /** A host in the middle of a compile, which goes on when there is a file `go`. */
  async function compiling({ root, start, path }: ReturnType<typeof host>) {
    const slow = script(
      root,
      'slow',
      `touch ${root}/begun; while ! test -e ${root}/go; do sleep 0.05; done; echo > "$last"`,
    );
    const holder = start(['compile', '--target=a.o', IN_ETCD, '--', slow]);
    await until('the compile', () => existsSync(path('begun')));
    return { slow, holder };
  }

  test('who waits says for whom, and gives up when nothing moves for CT_LOCK_TIMEOUT', async () => {
    const [alpha, beta] = [host(), host({ name: 'beta' })];
    const { slow, holder } = await compiling(alpha);
    const impatient = { CT_LOCK_TIMEOUT: '1.5', CT_LOCK_WARN_INTERVAL: '0.5' };
    const { end, stderr } = await beta.start(['compile', '--target=a.o', IN_ETCD, '--', slow], impatient).ended;
    expect(end).toBe(75);
    expect(stderr).toMatch(
      /^ct-lock-helper: waiting for the lock on a\.o in etcd: claimed by pid \d+ of \S+ on alpha, since /,
    );
    expect(stderr).toMatch(/a\.o was not compiled: for 1\.5 s its lock has been claimed by pid \d+ of \S+ on alpha/);
    // One that waits for its turn, and then has it, is in the log.
    const log = alpha.path('waits.jsonl');
    const patient = beta.start(['compile', '--target=a.o', IN_ETCD, '--', slow], { CT_LOCK_LOG: log });
    await until('the claim', async () => (await claims()).length === 2);
    writeFileSync(alpha.path('go'), '');
    expect([(await holder.ended).end, (await patient.ended).end]).toEqual([0, 0]);
    expect(JSON.parse(readFileSync(log, 'utf8'))).toMatchObject({
      target: 'a.o',
      strategy: 'etcd',
      owner: expect.stringMatching(/^alpha:\d+$/),
    });
  });

  test('a helper that is told to stop while it waits leaves the queue', async () => {
    const [alpha, beta] = [host(), host({ name: 'beta' })];
    const { slow, holder } = await compiling(alpha);
    const waiting = beta.start(['compile', '--target=a.o', IN_ETCD, '--', slow]);
    await until('the claim', async () => (await claims()).length === 2);
    waiting.child.kill('SIGTERM');
    expect((await waiting.ended).end).toBe(143);
    expect((await claims()).length).toBe(1);
    writeFileSync(alpha.path('go'), '');
    expect((await holder.ended).end).toBe(0);
  });
});
