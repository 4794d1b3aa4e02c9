import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { HELPER, leftIn, pidIn, runs, script, start, temporaryDirectory } from './helper.js';
import { HostDirectory, type HostOptions } from './hosts-in-etcd.js';

const IN_ETCD = '--strategy=etcd';
const STAGELOCK = resolve('dist/stagelock.js');
/** Only the native front asks the agent. */
const skipped = noEtcd ?? (HELPER.length === 1 ? undefined : 'needs the native front');

describe.skipIf(skipped !== undefined)(`stagelock agent (${skipped ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());
  /** XDG_RUNTIME_DIR. */
  let runtime: string;
  beforeEach(() => {
    runtime = temporaryDirectory();
  });

  /** A host whose helpers look for an agent. */
  function hostOf(options: Partial<HostOptions> = {}) {
    const host = new HostDirectory({ endpoints: cluster.endpoints, ...options });
    const own = { XDG_RUNTIME_DIR: runtime };
    return { ...host, start: (args: readonly string[], more = {}) => host.start(args, { ...own, ...more }) };
  }
  async function startAgent(...args: string[]): Promise<ChildProcess> {
    const agent = spawn(process.execPath, [STAGELOCK, 'agent', ...args], {
      env: { ...process.env, XDG_RUNTIME_DIR: runtime },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    onTestFinished(() => void agent.kill('SIGKILL'));
    await until('the agent', () => answers(join(runtime, 'stagelock', 'agent.sock')));
    return agent;
  }
  const ended = (child: ChildProcess): Promise<number | string> =>
    new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal ?? '')));
  const claims = async (): Promise<readonly { readonly key: string; readonly lease: string | undefined }[]> =>
    (await cluster.client().list('/stagelock/shared/objects/')).entries;
  const slowIn = (root: string): string =>
    script(root, 'slow', `echo $$ > ${root}/pid; while ! test -e ${root}/go; do sleep 0.05; done; echo new > "$last"`);
  const compile = (command: string, target = 'a.o'): string[] => [
    'compile',
    `--target=${target}`,
    IN_ETCD,
    '--',
    command,
  ];

  test('holds the lock for a helper that has neither Node nor TypeScript, and says nothing', async () => {
    await startAgent();
    const host = hostOf();
    const alone = join(host.root, 'ct-lock-helper');
    copyFileSync(HELPER[0], alone);
    const product = script(host.root, 'product', 'echo new > "$last"');
    const options = { cwd: host.path('objects'), env: { ...process.env, XDG_RUNTIME_DIR: runtime } };
    expect(await start(compile(product), options, [alone]).ended).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(readFileSync(host.path('objects/a.o'), 'utf8')).toBe('new\n');
    expect(leftIn(host.path('objects'), 'a.o')).toEqual([]);
    expect(await claims()).toEqual([]);
    const failing = script(host.root, 'failing', 'exit 3');
    expect(await start(compile(failing), options, [alone]).ended).toMatchObject({ end: 3, stderr: '' });
    expect(readFileSync(host.path('objects/a.o'), 'utf8')).toBe('new\n');
  });

  test('all locks of a host have one lease, and each object one compile at a time, with helpers beside it that use none', async () => {
    await startAgent();
    const [alpha, beta] = [hostOf(), new HostDirectory({ endpoints: cluster.endpoints, name: 'beta' })];
    const slow = slowIn(alpha.root);
    const three = ['a.o', 'b.o', 'c.o'].map((target) => alpha.start(compile(slow, target)));
    await until('the claims', async () => (await claims()).length === 3);
    expect(new Set((await claims()).map(({ lease }) => lease)).size).toBe(1);
    writeFileSync(alpha.path('go'), '');
    for (const each of three) expect(await each.ended).toEqual({ end: 0, stdout: '', stderr: '' });
    const witness = temporaryDirectory();
    const text = `mkdir ${witness}/now || { echo overlap >> ${witness}/overlaps; exit 99; }
      sleep 0.05; echo whole > "$last"; rmdir ${witness}/now`;
    const compiling = script(witness, 'compiling', text);
    const without = { XDG_RUNTIME_DIR: temporaryDirectory() };
    const all = [alpha, beta, alpha, alpha, beta, alpha, alpha].map((host) =>
      host.start(compile(compiling), host === beta ? without : {}),
    );
    for (const each of all) expect(await each.ended).toMatchObject({ end: 0, stderr: '' });
    expect(existsSync(join(witness, 'overlaps'))).toBe(false);
  });

  test('a helper that is killed gives its lock back at once, and takes its compiler along', async () => {
    await startAgent();
    const host = hostOf();
    const killed = host.start(compile(slowIn(host.root)));
    const pid = await pidIn(host.path('pid'));
    expect((await claims()).length).toBe(1);
    killed.child.kill('SIGKILL');
    // Before the lease of ten seconds is over.
    await until('the release', async () => (await claims()).length === 0, 6000);
    await until('the death of the compiler', () => !runs(pid));
    expect(existsSync(host.path('objects/a.o'))).toBe(false);
  });

  test('an agent that is killed: the object is not put in its place; the next agent takes its place', async () => {
    const agent = await startAgent();
    const host = hostOf();
    writeFileSync(host.path('objects/a.o'), 'old');
    const running = host.start(compile(slowIn(host.root)));
    await pidIn(host.path('pid'));
    agent.kill('SIGKILL');
    await ended(agent);
    writeFileSync(host.path('go'), '');
    expect(await running.ended).toEqual({
      end: 75,
      stdout: '',
      stderr:
        'ct-lock-helper: a.o was not put in its place, because stagelock agent, which held its lock in etcd, is gone or does not answer\n',
    });
    expect(readFileSync(host.path('objects/a.o'), 'utf8')).toBe('old');
    expect(leftIn(host.path('objects'), 'a.o')).toEqual([]);
    await startAgent();
    expect(await host.start(compile(slowIn(host.root), 'b.o')).ended).toMatchObject({ end: 0, stderr: '' });
  });

  test('a claim that a person removes: the object is not put in its place', async () => {
    await startAgent();
    const host = hostOf();
    const running = host.start(compile(slowIn(host.root)));
    await pidIn(host.path('pid'));
    cluster.ctl(['del', '--prefix', '/stagelock/shared/objects/']);
    writeFileSync(host.path('go'), '');
    const { end, stderr } = await running.ended;
    expect({ end, stderr }).toEqual({
      end: 75,
      stderr:
        'ct-lock-helper: a.o was not put in its place, because its lock in etcd was removed; another host may compile it now\n',
    });
    expect(leftIn(host.path('objects'))).toEqual([]);
  });

  test('without etcd the agent says the same as the helper, and does what the configuration says', async () => {
    await startAgent();
    const away = ['http://127.0.0.1:1'];
    const [stops, goesOn] = [hostOf({ endpoints: away }), hostOf({ endpoints: away, more: 'when_away = "compile"' })];
    const product = script(stops.root, 'product', 'echo new > "$last"');
    expect(await stops.start(compile(product)).ended).toMatchObject({
      end: 75,
      stderr: expect.stringMatching(
        /^ct-lock-helper: a\.o was not compiled, because etcd could not be asked for its lock/,
      ),
    });
    expect(await goesOn.start(compile(product)).ended).toMatchObject({
      end: 0,
      stderr: expect.stringMatching(/^ct-lock-helper: a\.o is compiled without its lock \(when_away = "compile"\)/),
    });
    // What is wrong with a configuration the TypeScript helper says.
    writeFileSync(stops.path('stagelock.toml'), 'nonsense');
    const wrong = await stops.start(compile(product)).ended;
    expect(wrong).toMatchObject({ end: 125, stderr: expect.stringContaining('this is not TOML') });
  });

  test('one that waits says for whom, gives up when nothing moves, and leaves when it is told to stop', async () => {
    await startAgent();
    const host = hostOf();
    const holder = host.start(compile(slowIn(host.root)));
    await pidIn(host.path('pid'));
    const impatient = { CT_LOCK_TIMEOUT: '1.5', CT_LOCK_WARN_INTERVAL: '0.5' };
    const { end, stderr } = await host.start(compile('true'), impatient).ended;
    expect(end).toBe(75);
    expect(stderr).toMatch(
      /^ct-lock-helper: waiting for the lock on a\.o in etcd: claimed by pid \d+ of \S+ on alpha, since /,
    );
    expect(stderr).toContain(`claimed by pid ${holder.pid} of`);
    expect(stderr).toMatch(/a\.o was not compiled: for 1\.5 s its lock has been claimed by pid \d+/);
    const stopped = host.start(compile('true'));
    await until('the claim', async () => (await claims()).length === 2);
    stopped.child.kill('SIGTERM');
    expect((await stopped.ended).end).toBe(143);
    await until('its end', async () => (await claims()).length === 1);
    writeFileSync(host.path('go'), '');
    expect((await holder.ended).end).toBe(0);
  });

  test('on TERM those in progress end first; a second agent and one without work end by themselves', async () => {
    const agent = await startAgent();
    const env = { ...process.env, XDG_RUNTIME_DIR: runtime };
    const second = spawnSync(process.execPath, [STAGELOCK, 'agent'], { encoding: 'utf8', env });
    expect(second).toMatchObject({ status: 75, stderr: expect.stringContaining('an agent of this user listens at') });
    const host = hostOf();
    const running = host.start(compile(slowIn(host.root)));
    await pidIn(host.path('pid'));
    const end = ended(agent);
    agent.kill('SIGTERM');
    await until('its last connection', async () => !(await answers(join(runtime, 'stagelock', 'agent.sock'))));
    writeFileSync(host.path('go'), '');
    expect((await running.ended).end).toBe(0);
    expect(await end).toBe(0);
    expect(await ended(await startAgent('--idle', '1s'))).toBe(0);
  });

  test('a directory that others can enter, or a link to one, is used by neither', async () => {
    const host = hostOf();
    const directory = join(runtime, 'stagelock');
    const env = { ...process.env, XDG_RUNTIME_DIR: runtime };
    const agent = () => spawnSync(process.execPath, [STAGELOCK, 'agent'], { encoding: 'utf8', env });
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    expect(agent()).toMatchObject({ status: 73, stderr: expect.stringContaining('others may enter') });
    chmodSync(directory, 0o700);
    const running = await startAgent();
    const product = script(host.root, 'product', 'echo new > "$last"');
    chmodSync(directory, 0o711);
    running.kill('SIGSTOP');
    // A helper that asked would wait for it.
    expect(await host.start(compile(product)).ended).toMatchObject({ end: 0, stderr: '' });
    chmodSync(directory, 0o700);
    renameSync(directory, join(runtime, 'elsewhere'));
    symlinkSync('elsewhere', directory);
    expect(await host.start(compile(product)).ended).toMatchObject({ end: 0, stderr: '' });
    expect(agent()).toMatchObject({ status: 73, stderr: expect.stringContaining('is no directory') });
  });
});

/** Whether a process listens at a socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
}
