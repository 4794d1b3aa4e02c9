// Simulated hosts for etcd-scale.mjs: each build of them does in etcd what a run does there, by the modules that runs have.
//
// The parent sends { settings, builds: [{ name, primary, host }], workMs } once, then { firings: [{ build, atMs }], sequence } again and
// again, and has { results } for each.
import { setTimeout as sleep } from 'node:timers/promises';
import { internal } from './internals.mjs';

const { Membership } = await internal('coordination/membership.ts');
const { beginSharedFiring } = await internal('coordination/shared-firings.ts');
const { untilRemoved } = await internal('coordination/until-removed.ts');
const { foundLocks } = await internal('stages/locks-in-etcd.ts');
const { stageLockText } = await internal('stages/stage-lock.ts');

let world;
/** The number of the newest record that each build has on its own disk. */
const here = new Map();

process.on('message', async (message) => {
  if (message.builds !== undefined) {
    world = message;
    process.send({ readyMb: process.memoryUsage().rss / 2 ** 20 });
    return;
  }
  let mostMb = 0;
  const looking = setInterval(() => {
    mostMb = Math.max(mostMb, process.memoryUsage().rss / 2 ** 20);
  }, 100);
  const results = await Promise.all(message.firings.map((firing) => fire(firing)));
  clearInterval(looking);
  process.send({ results, mostMb });
});

/** @returns when what was done, in milliseconds after the firing was due; undefined when another host runs it */
async function fire({ build, id, atMs, host }) {
  await sleep(atMs);
  const due = performance.now();
  const coordination = { ...world.settings, host };
  if (!(await beginSharedFiring(coordination, build.name, id))) return undefined;
  const run = `${id}-${build.name}`;
  const membership = await Membership.begin(coordination, run, build);
  try {
    const times = await through(membership, { build, run, host }, due);
    await membership.end('gone');
    return { ...times, endedMs: performance.now() - due };
  } catch (error) {
    // It could not renew its lease in time, and ends, as a run does.
    if (!membership.presence.lost.aborted) throw error;
    await membership.end('stay');
    return { isLost: true };
  }
}

/** What SharedLine does for a run, in its order. */
async function through(membership, { build, run, host }, due) {
  const { etcd, keys, presence, line, journal } = membership;
  const isPrimary = build.primary === build.name;
  const text = (stage) => textOf({ stage, build, run, host });
  const signs = ['alive', 'trace'].map((sign) => ({ put: keys[sign](run), value: host, lease: presence.leases[sign] }));
  const done = ({ kind }) => {
    if (kind !== 'done' && kind !== 'written') throw new Error(`${run}: ${kind}`);
  };
  if (!isPrimary && (await etcd.get(keys.home(build.name))) === undefined)
    signs.push({ put: keys.home(build.name), value: `${host} ${build.directory}` });
  done(
    await (isPrimary
      ? line.beginPrimary({ running: text('running'), update: text('update') }, signs)
      : line.beginFollower(text('running'), signs)),
  );
  const begunMs = performance.now() - due;
  await turn(membership, build, () =>
    isPrimary ? line.mayUpdate() : line.join({ mark: text('running'), checkout: text('checkout') }),
  );
  const joinedMs = performance.now() - due;
  const head = await journal.head();
  const sequence = isPrimary ? (head?.sequence ?? 0) + 1 : head.sequence;
  if (isPrimary) done(await journal.append(recordOf(sequence), membership));
  else if (here.has(build.name)) await journal.after(here.get(build.name));
  else await journal.record(sequence);
  here.set(build.name, sequence);
  done(await line.endUpdate());
  done(await line.beginStage('build', text('build')));
  await sleep(world.workMs);
  done(await line.endStage('build'));
  done(await journal.moveCursor(build.name, sequence, membership));
  if (isPrimary) await journal.prune({ olderThan: 0, inAnyCase: 0 }, membership);
  done(await line.end());
  return { begunMs, joinedMs };
}

/** As SharedLine waits for its turn. */
async function turn({ etcd, keys, presence }, build, step) {
  for (;;) {
    const result = await step();
    if (result.kind === 'done') return;
    if (result.kind !== 'blocked') throw new Error(`${build.name}: ${result.kind}`);
    await foundLocks(etcd, keys, result.locks);
    const prefix = result.locks.length === 1 ? result.locks[0].key : keys.locksOf(build.primary);
    const limits = { seenAt: result.seenAt, limitMs: 600_000, signals: [presence.lost] };
    await untilRemoved(etcd, prefix, limits);
  }
}

function textOf({ stage, build, run, host }) {
  const now = new Date().toISOString();
  const process_ = { pid: 4711, bootId: '7c2c1c52-5c0b-4c7a-9a5b-3d9a5a0d1f10', processStart: 123456 };
  const names = { build: build.name, site: host, host, user: 'ci', command: `stagelock run ${build.name}` };
  return stageLockText({ stage, ...names, ...process_, buildstamp: '20261128-2000-Nightly', run, since: now });
}

/** Of one commit with ten files. */
function recordOf(sequence) {
  const revision = String(sequence).padStart(40, '0');
  const now = new Date().toISOString();
  const person = { author: 'Dev', email: 'dev@example.org', committer: 'Dev', committerEmail: 'dev@example.org' };
  const files = Array.from({ length: 10 }, (_, index) => ({ path: `src/file${index}.c`, status: 'modified' }));
  const change = { revision, ...person, date: now, committedDate: now, log: `change ${sequence}\n`, files };
  const prior = String(sequence - 1).padStart(40, '0');
  const when = { started: now, ended: now, buildstamp: '20261128-2000-Nightly' };
  return { format: 1, sequence, type: 'git', prior, revision, ...when, changes: [change] };
}
