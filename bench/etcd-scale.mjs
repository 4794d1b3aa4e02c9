// What etcd costs as a site grows: 10, 100 and 1,000 builds of at most a hundred hosts on one real member, each a run that fires, begins,
// joins, builds, records and ends, by the modules that a run has; a tenth of them are primaries, each with nine followers. How long a
// firing takes, requests per run, keys, bytes, connections, memory.
//
//   node bench/etcd-scale.mjs [SIZE...]     (after npm run build; needs etcd and etcdctl; some five minutes)
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EtcdMember, noEtcd } from './etcd-member.mjs';
import { exponentOf } from './growth/fit.mjs';
import { internal } from './internals.mjs';
import { table } from './measure.mjs';

const HOSTS = fileURLToPath(new URL('etcd-scale-hosts.mjs', import.meta.url));
const SIZES = [10, 100, 1000];
const MOST_HOSTS = 100;
/** Of a line: a primary and its followers. */
const LINE = 10;
const PROCESSES = 4;
const FIRINGS = 20_000;
const SETTINGS = { prefix: '/stagelock/bench', leaseMs: 30_000, requestTimeoutMs: 10_000 };
/** How long the stage of a build takes. */
const WORK_MS = 3000;
/** Firings in a second where they are spread, as over the minutes of an hour; otherwise all come at once. */
const PER_SECOND = 10;

async function measure(size) {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const member = await EtcdMember.start(join(directory, 'etcd'));
  const site = await Site.start(member, size);
  try {
    // The first time each host registers itself, and followers have no record of their own.
    await site.fire('first of primaries', evenly, isPrimary);
    await site.fire(
      'first of followers',
      () => 0,
      (build) => !isPrimary(build),
    );
    await settled(member);
    const spread = await site.fire('spread', evenly);
    await settled(member);
    const burst = await site.fire('burst', () => 0);
    await settled(member);
    return { size, hosts: site.hosts, spread, burst, rest: await member.state() };
  } finally {
    site.stop();
    member.stop();
    rmSync(directory, { recursive: true, maxRetries: 10 });
  }
}

/** What a firing leaves behind for two days, so that no host runs it again. */
async function remembered() {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const member = await EtcdMember.start(join(directory, 'etcd'));
  try {
    const { beginSharedFiring } = await internal('coordination/shared-firings.ts');
    const settings = { ...SETTINGS, endpoints: [member.endpoint], host: 'host0' };
    const compacted = async () => {
      await member.tidy();
      return member.state();
    };
    const before = await compacted();
    for (let first = 0; first < FIRINGS; first += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => beginSharedFiring(settings, 'build', `20261128T${first + index}Z`)),
      );
    const after = await compacted();
    const each = (key) => (((after[key] - before[key]) * 2 ** 20) / FIRINGS).toFixed(0);
    return `Each of ${FIRINGS} firings that is remembered: ${each('databaseMb')} bytes of the database, ${each('heapMb')} of memory.`;
  } finally {
    member.stop();
    rmSync(directory, { recursive: true, maxRetries: 10 });
  }
}

/** Until the connections of all runs are gone. */
async function settled(member) {
  for (let tries = 0; tries < 100 && (await member.state()).connections > 3; tries++) await sleep(100);
}

const evenly = (index) => (index * 1000) / PER_SECOND;
const isPrimary = ({ name, primary }) => name === primary;

/** The builds of all hosts, in a few processes. */
class Site {
  hosts;
  #member;
  #processes = [];
  #builds;
  /** Resident, of all processes, before anything fires. */
  #readyMb = 0;

  static async start(member, size) {
    const site = new Site(member, size);
    for (const process_ of site.#processes) {
      const answered = once(process_, 'message');
      const settings = { ...SETTINGS, endpoints: [member.endpoint] };
      process_.send({ settings, builds: site.#builds, workMs: WORK_MS });
      const [{ readyMb }] = await answered;
      site.#readyMb += readyMb;
    }
    return site;
  }

  constructor(member, size) {
    this.#member = member;
    this.hosts = Math.min(size, MOST_HOSTS);
    this.#builds = Array.from({ length: size }, (_, index) => {
      const name = `build${index}`;
      const directory = `/home/ci/builds/${name}`;
      return {
        name,
        directory,
        build: name,
        primary: `build${index - (index % LINE)}`,
        host: `host${index % this.hosts}`,
      };
    });
    for (let count = 0; count < PROCESSES; count++) {
      const process_ = fork(HOSTS);
      // It says why by itself.
      process_.once('exit', (code) => code !== null && process.exit(1));
      this.#processes.push(process_);
    }
  }

  /** Each build once, primaries by the schedulers of two hosts. @param atMs when, by the number of the build @param wanted which builds */
  async fire(id, atMs, wanted = () => true) {
    const builds = this.#builds.filter(wanted);
    const firings = builds.flatMap((build, index) => {
      const firing = { build, id: `20261128T${id.replaceAll(' ', '-')}`, atMs: atMs(index), host: build.host };
      return isPrimary(build) ? [firing, { ...firing, host: `host${(index + 1) % this.hosts}` }] : [firing];
    });
    const before = await this.#costs();
    const began = performance.now();
    const most = { connections: 0, watches: 0, residentMb: 0, keys: 0 };
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        const state = await this.#member.state();
        for (const name of Object.keys(most)) most[name] = Math.max(most[name], state[name]);
        await sleep(200);
      }
    })();
    const parts = await Promise.all(
      this.#processes.map(async (process_, index) => {
        // Of one host all in one process.
        const own = firings.filter(({ host }) => Number(host.slice(4)) % PROCESSES === index);
        const answered = once(process_, 'message');
        process_.send({ firings: own });
        const [answer] = await answered;
        return answer;
      }),
    );
    const wholeS = (performance.now() - began) / 1000;
    isOver = true;
    await looking;
    const all = parts.flatMap(({ results }) => results).filter((result) => result !== null && result !== undefined);
    if (all.length !== builds.length) throw new Error(`${all.length} runs of ${builds.length} builds`);
    const runs = all.filter(({ isLost }) => isLost !== true);
    const after = await this.#costs();
    const requests = [...after.requests].map(([method, count]) => [method, count - (before.requests.get(method) ?? 0)]);
    const clientMb = parts.reduce((sum, { mostMb }) => sum + mostMb, -this.#readyMb);
    return { runs, lost: all.length - runs.length, wholeS, most, requests, clientMb, cpuS: after.cpuS - before.cpuS };
  }

  stop() {
    for (const process_ of this.#processes) process_.kill('SIGKILL');
  }

  async #costs() {
    return { requests: await this.#member.requests(), cpuS: (await this.#member.state()).cpuS };
  }
}

function print(all) {
  const quantile = (runs, key, part) => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  };
  const total = ({ requests }) => requests.reduce((sum, [, count]) => sum + count, 0);
  const values = [
    ['firing to begun, spread, median, ms', ({ spread }) => quantile(spread.runs, 'begunMs', 0.5), 0],
    ['firing to begun, spread, p99, ms', ({ spread }) => quantile(spread.runs, 'begunMs', 0.99), 0],
    ['firing to begun, all at once, median, ms', ({ burst }) => quantile(burst.runs, 'begunMs', 0.5), 0],
    ['firing to begun, all at once, p99, ms', ({ burst }) => quantile(burst.runs, 'begunMs', 0.99), 0],
    ['all at once: until the last one has ended, s', ({ burst }) => burst.wholeS, 1],
    ['runs that lost their lease: spread', ({ spread }) => spread.lost, 0],
    ['all at once', ({ burst }) => burst.lost, 0],
    ['requests, spread', ({ spread }) => total(spread), 0],
    ['requests per run, spread', ({ spread, size }) => total(spread) / size, 1],
    ['requests per run, all at once', ({ burst, size }) => total(burst) / size, 1],
    ['CPU time of etcd, spread, ms per run', ({ spread, size }) => (spread.cpuS * 1000) / size, 1],
    ['connections, at most', ({ burst }) => burst.most.connections, 0],
    ['watches, at most', ({ burst }) => burst.most.watches, 0],
    ['keys, at most', ({ burst }) => burst.most.keys, 0],
    ['keys that stay', ({ rest }) => rest.keys, 0],
    ['database in use, MB', ({ rest }) => rest.databaseMb, 2],
    ['etcd resident, at most, MB', ({ burst }) => burst.most.residentMb, 0],
    ['clients of all hosts, at most, MB more than before', ({ burst }) => burst.clientMb, 0],
  ];
  const rows = values.map(([what, figureOf, digits]) => {
    const numbers = all.map(figureOf);
    // Where the last step is a smaller one, it does not grow.
    const exponent = numbers.length === 3 ? (exponentOf(numbers, 0) || 0).toFixed(2) : '—';
    return [what, ...numbers.map((number) => number.toFixed(digits)), exponent];
  });
  const head = ['builds', ...all.map(({ size }) => String(size)), 'exp.'];
  process.stdout.write(`${table(head, rows)}\n\nRequests of the spread runs, by method:\n\n`);
  const isUsed = ([, count]) => count > 0;
  const used = all.flatMap(({ spread }) => spread.requests.filter(isUsed).map(([method]) => method));
  const methods = [...new Set(used)].sort();
  const counts = methods.map((method) => [
    method,
    ...all.map(({ spread, size }) => ((new Map(spread.requests).get(method) ?? 0) / size).toFixed(2)),
  ]);
  process.stdout.write(`${table(['per run', ...all.map(({ size }) => String(size))], counts)}\n`);
}

const missing = noEtcd();
if (missing !== undefined) {
  process.stderr.write(`not measured: ${missing}\n`);
  process.exit(0);
}
const sizes = process.argv.slice(2).map(Number);
const measured = [];
for (const size of sizes.length > 0 ? sizes : SIZES) measured.push(await measure(size));
print(measured);
process.stdout.write(`\n${await remembered()}\n`);
