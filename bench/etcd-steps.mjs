// The steps of the protocol one by one, in process: in etcd, in files of the local disk, and what one would write by npm's `etcd3` with the
// same transactions. Needs etcd and etcdctl; `etcd3` is installed into a temporary directory.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject, thisHost } from '../dist/index.js';
import { openLock } from '../dist/locks.js';
import { EtcdMember, noEtcd } from './etcd-member.mjs';
import { internal } from './internals.mjs';
import { interleaved } from './measure.mjs';
import { withProject } from './project.mjs';

const ROUNDS = 9;
const PER_ROUND = 10;
const STEPS = ['begin', 'join', 'leave', 'acquire', 'release'];
const NEVER = new AbortController().signal;
const ETCD3 = 'etcd3@1.1.2';

export async function bench() {
  if (noEtcd() !== undefined) return [];
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const member = await EtcdMember.start(join(directory, 'etcd'));
  try {
    return await withProject(async (project) => {
      const ways = {
        ours: await byStagelock(member.endpoint),
        files: await byFiles(project, directory),
        etcd3: byEtcd3(directory, member.endpoint),
      };
      const rows = await compare(ways);
      for (const way of Object.values(ways)) await way?.close();
      return rows;
    });
  } finally {
    member.stop();
    rmSync(directory, { recursive: true, maxRetries: 10 });
  }
}

/**
 * A way to do the steps. Of each step, what has to be done before and after it stands beside it and is not timed.
 *
 * @param {Record<string, Record<string, {before?: () => unknown, act: () => unknown, after?: () => unknown}> | undefined>} ways
 */
async function compare(ways) {
  const candidates = {};
  const others = Object.keys(ways).filter((name) => name !== 'ours' && ways[name] !== undefined);
  for (const step of STEPS)
    for (const name of ['ours', ...others]) candidates[`${step} ${name}`] = () => averageMs(ways[name][step]);
  const ms = await interleaved(candidates, ROUNDS);
  return STEPS.flatMap((step) =>
    others.map((name) => {
      const [own, other] = [ms[`${step} ours`], ms[`${step} ${name}`]];
      const context = `${own.toFixed(2)} ms against ${other.toFixed(2)} ms`;
      return { what: `${step} in etcd`, against: LABELS[name], value: own / other, context };
    }),
  );
}

const LABELS = { files: 'in files (ext4, flock)', etcd3: 'etcd3' };

async function averageMs({ before, act, after }) {
  let ms = 0;
  for (let count = 0; count < PER_ROUND; count++) {
    await before?.();
    const began = performance.now();
    await act();
    ms += performance.now() - began;
    await after?.();
  }
  return ms / PER_ROUND;
}

async function byStagelock(endpoint) {
  const { Etcd } = await internal('etcd/etcd.ts');
  const { Keys } = await internal('coordination/keys.ts');
  const { NamedLock } = await internal('coordination/named-lock.ts');
  const { Membership } = await internal('coordination/membership.ts');
  const settings = { endpoints: [endpoint], requestTimeoutMs: 5000, leaseMs: 30_000, prefix: '/bench', host: 'bench' };
  const etcd = new Etcd(settings);
  const primary = await Membership.begin(settings, 'run1', { build: 'trunk', primary: 'trunk' });
  const follower = await Membership.begin(settings, 'run2', { build: 'second', primary: 'trunk' });
  const begin = () => primary.line.beginPrimary({ running: VALUE, update: VALUE }, []);
  const join = () => follower.line.join({ mark: VALUE, checkout: VALUE });
  const claimant = { host: 'bench', pid: 1, user: 'bench', command: 'true', since: '' };
  const claim = { name: 'l', claim: { kind: 'exclusive' }, claimant, leaseMs: 30_000, timeoutMs: 0, signal: NEVER };
  let lock;
  const acquire = async () => {
    ({ lock } = await NamedLock.acquire(etcd, new Keys(settings.prefix), claim));
  };
  return {
    begin: { act: begin, after: () => primary.line.end() },
    join: { act: join, after: () => follower.line.end() },
    leave: { before: join, act: () => follower.line.end() },
    acquire: { act: acquire, after: () => lock.release() },
    release: { before: acquire, act: () => lock.release() },
    close: async () => {
      await primary.end('gone');
      await follower.end('gone');
      await etcd.close();
    },
  };
}

async function byFiles({ root }, directory) {
  const protocol = await internal('stages/protocol.ts');
  const { newRun } = await internal('stages/run.ts');
  const { ensureLayout } = await internal('stages/temporary.ts');
  const loaded = loadProject(join(root, 'stagelock.toml'), { hostname: hostname() });
  if (loaded.kind !== 'loaded') throw new Error(JSON.stringify(loaded.problems));
  const runOf = async (name) => {
    const build = loaded.project.builds.get(name);
    const context = {
      ...{ host: thisHost(), now: () => new Date(), configFile: loaded.project.file, user: 'bench', command: 'x' },
      ...{ run: name, environment: process.env, secretVariables: new Set(), signal: NEVER },
      ...{ report: () => undefined, step: () => undefined },
    };
    return newRun(build, ensureLayout(build.directory), context);
  };
  const [primary, second] = [await runOf('main'), await runOf('second')];
  const held = openLock(join(directory, 'object'), { strategy: 'flock' });
  const done = ({ kind }) => {
    if (kind !== 'done') throw new Error(kind);
  };
  const join_ = async () => done(await protocol.joinPrimary(second));
  let lock;
  const acquire = async () => {
    ({ lock } = await held.acquire());
  };
  return {
    begin: {
      act: async () => done(await protocol.beginPrimary(primary, join(root, 'update.log'))),
      after: () => {
        protocol.endUpdate(primary);
        protocol.endRun(primary);
      },
    },
    join: { act: join_, after: () => protocol.leavePrimary(second) },
    leave: { before: join_, act: () => protocol.leavePrimary(second) },
    acquire: { act: acquire, after: () => lock.release() },
    release: { before: acquire, act: () => lock.release() },
    close: () => undefined,
  };
}

/** @returns undefined, with the reason on stderr, where it cannot be had */
function byEtcd3(directory, endpoint) {
  const place = join(directory, 'etcd3');
  try {
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', place];
    execFileSync('npm', ['install', ...options, ETCD3], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
  } catch (error) {
    process.stderr.write(`not compared with ${ETCD3}, which npm does not install: ${error.stderr || error.message}\n`);
    return undefined;
  }
  writeFileSync(join(place, 'main.cjs'), '');
  const { Etcd3 } = createRequire(join(place, 'main.cjs'))('etcd3');
  const client = new Etcd3({ hosts: endpoint });
  const absent = (...keys) =>
    keys.slice(1).reduce((all, key) => all.and(key, 'Create', '==', 0), client.if(keys[0], 'Create', '==', 0));
  const put = (key) => client.put(key).value(VALUE);
  const remove = (...keys) =>
    client
      .if('never', 'Create', '==', 0)
      .then(...keys.map((key) => client.delete().key(key)))
      .commit();
  const begin = () => absent('running', 'update').then(put('running'), put('update')).commit();
  const join_ = () => absent('update', 'mark', 'checkout').then(put('mark'), put('checkout')).commit();
  let lock;
  const acquire = async () => {
    lock = client.lock('l').ttl(30);
    await lock.acquire();
  };
  return {
    begin: { act: begin, after: () => remove('running', 'update') },
    join: { act: join_, after: () => remove('mark', 'checkout') },
    leave: { before: join_, act: () => remove('mark', 'checkout') },
    acquire: { act: acquire, after: () => lock.release() },
    release: { before: acquire, act: () => lock.release() },
    close: () => client.close(),
  };
}

/** As long as what a lock says of its run. */
const VALUE = 'x'.repeat(400);
