// What it costs that a tree is proved to be its revision: a run without news, which only looks at time stamps, and the look at
// all of a large source, with the caches of the kernel warm and (as root) cold.
//
//   node bench/run.mjs proof         (STAGELOCK_BENCH_FILES=50000 for the large source; git, svn, hg and cvs as far as they are there)
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { internal } from './internals.mjs';
import { interleaved, median } from './measure.mjs';
import { environment as withoutSettings } from './project.mjs';

const LARGE = Number(process.env.STAGELOCK_BENCH_FILES ?? 50_000);
const SMALL = 1000;
const SYSTEMS = (process.env.STAGELOCK_BENCH_SYSTEMS ?? 'git svn hg cvs').split(' ');
const ROUNDS = 15;
const LOOKS = 5;

const environment = { ...withoutSettings, HGRCPATH: '' };

const UPDATES = {
  git: { type: 'git', remote: 'origin', branch: 'main', submodules: 'initialised' },
  svn: { type: 'svn', url: undefined },
  hg: { type: 'hg', branch: 'default' },
  cvs: { type: 'cvs', options: ['-d', '-A', '-P'] },
};

/** Brings files into a new repository and checks them out as `source`; and what the client itself says of changed files. */
const CHECKOUTS = {
  git: `git -C files -c init.defaultBranch=main init -q && git -C files add . && git -C files commit -q -m all
    git clone -q files source`,
  svn: `svnadmin create store && svn import -q -m all files "file://$PWD/store/trunk"
    svn checkout -q "file://$PWD/store/trunk" source`,
  hg: 'hg init files && hg -R files commit -q -A -u bench -m all && hg clone -q files source',
  cvs: `cvs -d "$PWD/store" init && cd files && cvs -Q -d "$PWD/../store" import -m all module bench start && cd ..
    cvs -Q -d "$PWD/store" checkout -d source module`,
};
const STATUS = {
  git: ['git', 'status', '--porcelain'],
  svn: ['svn', 'status'],
  hg: ['hg', 'status'],
  cvs: ['cvs', '-n', '-q', 'update'],
};

/** Some hundred bytes each, a hundred in each directory. */
function writeFiles(directory, count) {
  for (let i = 0; i < count; i++) {
    const file = join(directory, `d${Math.floor(i / 1000)}`, `e${Math.floor(i / 100) % 10}`, `f${i}.c`);
    if (i % 100 === 0) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `int f${i}(int x);\n`.repeat(20 + (i % 40)));
  }
}

const isThere = (type) => spawnSync(type, ['--version'], { stdio: 'ignore' }).status === 0;

async function withCheckout(type, count, use) {
  const root = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    writeFiles(join(root, 'files'), count);
    execFileSync('sh', ['-ec', CHECKOUTS[type]], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // cvs and hg do not believe times of this second.
    execFileSync('sleep', ['2']);
    const { versionControlOf } = await internal('updates/chosen-system.ts');
    const system = await versionControlOf(
      { ...UPDATES[type], mode: 'fast-forward', timeoutMs: 600_000 },
      join(root, 'memory'),
    );
    const checkout = { source: join(root, 'source'), timeoutMs: 600_000, environment };
    return await use(system, checkout);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const timed = async (act) => {
  const began = performance.now();
  const result = await act();
  if (result?.kind === 'failed' || result?.kind === 'faulty') throw new Error(JSON.stringify(result));
  return performance.now() - began;
};

/** As {@link isStillProved} does before a run that has nothing to do. */
async function withoutNews(type) {
  return withCheckout(type, SMALL, async (system, checkout) => {
    const fetched = await system.fetch(checkout);
    await system.proveTree(checkout, fetched.head);
    const ms = await interleaved(
      {
        fetch: () => timed(() => system.fetch(checkout)),
        sign: () => timed(async () => system.signOf(checkout)),
      },
      ROUNDS,
    );
    return {
      what: `${type}: a run without news on ${SMALL} files, with the look at time stamps`,
      against: 'its question to the repository alone',
      value: (ms.fetch + ms.sign) / ms.fetch,
      atMost: 1.03,
      context: `${ms.sign.toFixed(1)} ms more than ${ms.fetch.toFixed(0)} ms`,
    };
  });
}

const mayDropCaches = process.getuid?.() === 0;

function dropCaches() {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

async function ofLarge(type) {
  return withCheckout(type, LARGE, async (system, checkout) => {
    const { head } = await system.fetch(checkout);
    const prove = () => timed(() => system.proveTree(checkout, head));
    const [program, ...args] = STATUS[type];
    const status = () =>
      timed(() => void spawnSync(program, args, { cwd: checkout.source, env: environment, stdio: 'ignore' }));
    const warm = await interleaved({ prove, status }, LOOKS);
    const rows = [{ how: 'warm', ...warm }];
    if (mayDropCaches) {
      const cold = { prove: [], status: [] };
      for (let look = 0; look < LOOKS; look++) {
        for (const [name, act] of Object.entries({ prove, status })) {
          dropCaches();
          cold[name].push(await act());
        }
      }
      rows.push({ how: 'cold', prove: median(cold.prove), status: median(cold.status) });
    }
    return rows.map(({ how, prove: ours, status: theirs }) => ({
      what: `${type}: the proof of ${LARGE} files, ${how}`,
      against: STATUS[type].join(' '),
      value: ours / theirs,
      context: `${(ours / 1000).toFixed(2)} s against ${(theirs / 1000).toFixed(2)} s`,
    }));
  });
}

export async function bench() {
  const rows = [];
  for (const type of SYSTEMS.filter(isThere)) {
    rows.push(await withoutNews(type), ...(await ofLarge(type)));
  }
  return rows;
}
