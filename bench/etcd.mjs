// Locks in etcd: `stagelock exec --strategy etcd` against `etcdctl lock`, both as whole programs, and the steps of a run in process
// against the lock of a file, on a member of this machine. Needs etcd and etcdctl.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLock } from '../dist/locks.js';
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
    return [...(await programs(directory, member.endpoint)), ...(await inProcess(directory, member.endpoint))];
  } finally {
    member.stop();
    rmSync(directory, { recursive: true, maxRetries: 10 });
  }
}

async function programs(directory, endpoint) {
  const config = join(directory, 'stagelock.toml');
  const build = '[builds.b]\ndirectory = "b"\nsource = "."\n[builds.b.stages.x]\ncommand = ["true"]\n';
  writeFileSync(config, `[project]\nname = "bench"\n[coordination]\netcd = ["${endpoint}"]\n${build}`);
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
