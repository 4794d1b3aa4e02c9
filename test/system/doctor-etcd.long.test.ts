import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { temporaryDirectory } from '../locks/processes.js';
import { until } from '../support/until.js';
import { Running, STAGELOCK } from './programs.js';

/** A configuration with these lines in `[coordination]`. */
function configured(coordination: string | undefined): string {
  const directory = temporaryDirectory();
  for (const name of ['s', 'gcc']) mkdirSync(join(directory, name));
  const config = join(directory, 'stagelock.toml');
  const table = coordination === undefined ? '' : `[coordination]\n${coordination}\n`;
  writeFileSync(
    config,
    `[project]\nname = "E"\n[builds.gcc]\nsource = "s"\ndirectory = "gcc"\nstages = { build = { shell = "make" } }\n${table}`,
  );
  return config;
}

function start(config: string, args: readonly string[] = [], more: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [STAGELOCK, '-c', config, 'doctor', '--etcd', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...more },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Running(child);
}

const members = (endpoints: readonly string[]): string => `etcd = ${JSON.stringify(endpoints)}`;

/** The outcomes in the table, by the names of the checks. */
function outcomes(stdout: string): Record<string, string> {
  const lines = stdout.matchAll(/^ {2}(\S.*?) {2,}(ok|problem) {2,}/gm);
  return Object.fromEntries([...lines].map(([, name, outcome]) => [name ?? '', outcome ?? '']));
}

describe.skipIf(noEtcd !== undefined)(`doctor --etcd${noEtcd === undefined ? '' : ` (${noEtcd})`}`, () => {
  let cluster: Cluster;

  /** What is left of a test. */
  const left = (words: readonly string[] = []) => [
    cluster.ctl([...words, 'get', '--prefix', '--keys-only', '/stagelock/']).trim(),
    cluster.ctl([...words, 'lease', 'list']).trim(),
  ];

  beforeAll(async () => {
    cluster = await Cluster.start({ members: 3 });
  });
  afterAll(() => cluster.stop());

  test('finds a cluster well, and leaves nothing there', async () => {
    const config = configured(members(cluster.endpoints));
    const { code, stdout, stderr } = await start(config).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(outcomes(stdout)).toEqual({
      ...Object.fromEntries(cluster.endpoints.map((endpoint) => [endpoint, 'ok'])),
      ...Object.fromEntries(['lease', 'put', 'get', 'list', 'watch', 'delete'].map((name) => [name, 'ok'])),
      ...Object.fromEntries(['exclusive create', 'reads', 'changes'].map((name) => [name, 'ok'])),
      ...{ expiry: 'ok', 'after expiry': 'ok' },
    });
    expect(stdout.match(/, the leader,/g)).toHaveLength(1);
    expect(stdout).toMatch(/^Hosts can coordinate by this etcd: 3 of 3 members answer, a change takes \d+ ms\.$/m);
    expect(stdout).toContain('\n- When a host goes silent, its locks end after 30 s,');
    expect(left()).toEqual(['', 'found 0 leases']);
  });

  test('says it to scripts, of a cluster without one member', async () => {
    const [first] = cluster.members;
    await first?.kill();
    try {
      const { code, stdout, stderr } = await start(configured(members(cluster.endpoints)), ['--json']).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({
        etcd: { endpoints: cluster.endpoints, prefix: '/stagelock/E', user: null, members: 3 },
        works: true,
        remarks: expect.arrayContaining(['1 member of 3 is away: if one more goes, no host can coordinate.']),
      });
      expect(report.checks).toHaveLength(14);
      expect(report.checks[0]).toMatchObject({ check: 'member', outcome: 'problem', result: { kind: 'silent' } });
    } finally {
      await first?.start();
    }
  });

  test('removes everything also when it is interrupted', async () => {
    const running = start(configured(members(cluster.endpoints)));
    await running.untilOutput(/changes .* ok/);
    // Its two short leases, and the one of all other keys.
    await until('its leases', () => left()[1]?.startsWith('found 3 leases') === true);
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).not.toContain('Hosts can');
    expect(left()).toEqual(['', 'found 0 leases']);
  });

  test('says that no member answers', async () => {
    const { code, stdout } = await start(configured(members(['http://127.0.0.1:1', 'http://127.0.0.1:2']))).ended;
    expect(code).toBe(1);
    expect(outcomes(stdout)).toEqual({ 'http://127.0.0.1:1': 'problem', 'http://127.0.0.1:2': 'problem' });
    expect(stdout).toContain('\nHosts cannot coordinate by this etcd: no member answers.\n');
  });

  test('says what its command line or its configuration lacks', async () => {
    const config = configured(undefined);
    expect(await start(config).ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `stagelock: ${config}: there is no [coordination]\n`,
    });
    expect(await start(config, ['/tmp']).ended).toMatchObject({ code: 2, stdout: '' });
  });

  test('says that the database is full, and what to do', async () => {
    const full = await Cluster.start({ more: ['--quota-backend-bytes', String(2 << 20)] });
    try {
      const fill = (key: string): string => full.ctl(['put', key, 'x'.repeat(100_000)]);
      expect(() => {
        for (let n = 0; n < 100; n++) fill(`/fill/${n}`);
      }).toThrow(/database space exceeded/);
      const { code, stdout } = await start(configured(members(full.endpoints))).ended;
      expect(code).toBe(1);
      expect(stdout).toMatch(/^Hosts cannot coordinate by this etcd: http:\S+: .*; alarm NOSPACE\.$/m);
      expect(stdout).toContain('\n- The database of etcd is full, so it takes no changes: compact it,');
    } finally {
      await full.stop();
    }
  });

  test('names the rights that are missing, and the command that grants them', async () => {
    const guarded = await Cluster.start();
    try {
      guarded.ctl(['role', 'add', 'reader']);
      guarded.ctl(['role', 'grant-permission', 'reader', 'read', '/stagelock/E/', '--prefix']);
      guarded.ctl(['user', 'add', 'me:pw']);
      guarded.ctl(['user', 'grant-role', 'me', 'reader']);
      guarded.enableAuthentication();
      const config = configured(`${members(guarded.endpoints)}\nuser = "me"\npassword_variable = "PW"`);
      const { code, stdout, stderr } = await start(config, [], { PW: 'pw' }).ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      expect(outcomes(stdout)).toMatchObject({ put: 'problem', get: 'ok', list: 'ok', delete: 'problem' });
      expect(stdout).toMatch(
        /^- The user me may not put, (watch, )?delete below \/stagelock\/E\/\. As root of etcd: etcdctl role grant-permission ROLE readwrite \/stagelock\/E\/ --prefix$/m,
      );
      const wrong = await start(config, [], { PW: 'other' }).ended;
      expect(wrong.code).toBe(1);
      expect(`${wrong.stdout}${wrong.stderr}`).not.toContain('other');
    } finally {
      await guarded.stop();
    }
  });
});
