// Locks in etcd: `stagelock exec --strategy etcd` against `etcdctl lock`, both as whole programs, and the steps of a run in process
// against the lock of a file, on a member of this machine. Needs etcd and etcdctl.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLock } from '../dist/locks.js';
import { compileCommand, HELPER, withCommand } from './command.mjs';
import { EtcdMember, noEtcd } from './etcd-member.mjs';
import { internal } from './internals.mjs';
import { commandMs, interleaved } from './measure.mjs';
import { STAGELOCK } from './project.mjs';

const ROUNDS = 15;
const PER_ROUND = 20;
const NEVER = new AbortController().signal;
const CLAIMANT = { host: 'bench', pid: 1, user: 'bench', command: 'true', since: '' };

export async function bench() {
  if (noEtcd() !== undefined) return [];
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const member = await EtcdMember.start(join(directory, 'etcd'));
  try {
    const { endpoint } = member;
    const config = configuration(directory, endpoint);
    return [
      ...(await programs(directory, config, endpoint)),
      ...(await compiles(directory, config, endpoint)),
      ...(await inProcess(directory, endpoint)),
    ];
  } finally {
    member.stop();
    rmSync(directory, { recursive: true, maxRetries: 10 });
  }
}

function configuration(directory, endpoint) {
  const config = join(directory, 'stagelock.toml');
  const build = '[builds.b]\ndirectory = "b"\nsource = "."\n[builds.b.stages.x]\ncommand = ["true"]\n';
  writeFileSync(config, `[project]\nname = "bench"\n[coordination]\netcd = ["${endpoint}"]\n${build}`);
  return config;
}

async function programs(directory, config, endpoint) {
  const exec = (...args) =>
    commandMs(process.execPath, [STAGELOCK, '--config', config, 'exec', '--lock', join(directory, 'l'), ...args]);
  const env = { ...process.env, ETCDCTL_API: '3' };
  const ms = await interleaved(
    {
      etcdctl: () => commandMs('etcdctl', ['--endpoints', endpoint, 'lock', 'l', 'true'], { env }),
      file: () => exec('--', 'true'),
      etcd: () => exec('--strategy', 'etcd', '--', 'true'),
    },
    ROUNDS,
  );
  const row = (against, name) => ({
    what: 'stagelock exec --strategy etcd -- true',
    against: name,
    value: ms.etcd / ms[against],
    context: `${ms.etcd.toFixed(1)} ms against ${ms[against].toFixed(1)} ms`,
  });
  return [row('etcdctl', 'etcdctl lock'), row('file', 'the same with a file')];
}

/** A compile that takes no time, under a lock that no other process wants: what is left is the price of the lock. */
async function compiles(directory, config, endpoint) {
  if (!existsSync(HELPER)) return [];
  return withCommand(async (_, command) => {
    const target = join(directory, 'x.o');
    const compiler = [command, '0', '-'];
    const env = { ...process.env, ETCDCTL_API: '3', STAGELOCK_CONFIG: config, XDG_RUNTIME_DIR: directory };
    // Where there is no agent.
    const alone = { ...env, XDG_RUNTIME_DIR: join(directory, 'none') };
    const ms = (words, environment = env) => commandMs(words[0], words.slice(1), { env: environment });
    const agent = await startAgent(env);
    const candidates = {
      'flock(1)': ['flock', `${target}.flock`, ...compiler, '-o', target],
      'etcdctl lock': ['etcdctl', '--endpoints', endpoint, 'lock', 'x.o', ...compiler, target],
      'ct-lock-helper by lockdir': compileCommand(target, 'lockdir', ...compiler),
      'the same in TypeScript': [
        process.execPath,
        `${HELPER}.js`,
        ...compileCommand(target, 'lockdir', ...compiler).slice(1),
      ],
    };
    const inEtcd = compileCommand(target, 'etcd', ...compiler);
    const measured = await interleaved(
      {
        ...Object.fromEntries(Object.entries(candidates).map(([name, words]) => [name, () => ms(words)])),
        alone: () => ms(inEtcd, alone),
        agent: () => ms(inEtcd),
      },
      ROUNDS,
    );
    agent.kill('SIGKILL');
    const against = (what, name) => ({
      what: `a compile under ct-lock-helper --strategy=etcd, ${what === 'agent' ? 'by stagelock agent' : 'without an agent'}`,
      against: name === 'alone' ? 'without an agent' : name,
      value: measured[what] / measured[name],
      context: `${measured[what].toFixed(1)} ms against ${measured[name].toFixed(1)} ms`,
    });
    return [
      ...Object.keys(candidates).map((name) => against('alone', name)),
      ...[...Object.keys(candidates), 'alone'].map((name) => against('agent', name)),
    ];
  });
}

async function startAgent(env) {
  const agent = spawn(process.execPath, [STAGELOCK, 'agent'], { env, stdio: 'ignore' });
  const socket = join(env.XDG_RUNTIME_DIR, 'stagelock', 'agent.sock');
  while (!existsSync(socket)) await sleep(50);
  return agent;
}

/** What a run does in etcd, without the start of a program. */
async function inProcess(directory, endpoint) {
  const { Etcd } = await internal('etcd/etcd.ts');
  const { Keys } = await internal('coordination/keys.ts');
  const { NamedLock } = await internal('coordination/named-lock.ts');
  const { Membership } = await internal('coordination/membership.ts');
  const settings = { endpoints: [endpoint], requestTimeoutMs: 5000, leaseMs: 30_000, prefix: '/bench', host: 'bench' };
  const etcd = new Etcd(settings);
  const keys = new Keys(settings.prefix);
  const file = openLock(join(directory, 'object'), { strategy: 'flock' });
  let runs = 0;
  const wanted = {
    name: 'l',
    claim: { kind: 'exclusive' },
    claimant: CLAIMANT,
    leaseMs: 30_000,
    timeoutMs: 0,
    signal: NEVER,
  };
  const ms = await interleaved(
    {
      'a lock by its name: acquire + release': () =>
        average(async () => (await NamedLock.acquire(etcd, keys, wanted)).lock.release()),
      'a run: leases, begin, update ended, end': () =>
        average(async () => {
          const membership = await Membership.begin(settings, `run${++runs}`, { build: 'b', primary: 'b' });
          await membership.line.beginPrimary({ running: 'x', update: 'x' }, []);
          await membership.line.endUpdate();
          await membership.line.end();
          await membership.end('gone');
        }),
      flock: () => average(async () => (await file.acquire()).lock.release()),
    },
    ROUNDS,
  );
  await etcd.close();
  return Object.keys(ms)
    .filter((name) => name !== 'flock')
    .map((what) => ({
      what,
      against: 'a lock of a file (flock)',
      value: ms[what] / ms.flock,
      context: text(ms, what),
    }));
}

const text = (ms, what) => `${ms[what].toFixed(2)} ms against ${ms.flock.toFixed(3)} ms`;

async function average(act) {
  const began = performance.now();
  for (let count = 0; count < PER_ROUND; count++) await act();
  return (performance.now() - began) / PER_ROUND;
}
