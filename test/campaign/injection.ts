import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure, Outcome } from './outcome.js';
import type { System } from './repository.js';
import { PRIMARY, SECONDARIES } from './schedule.js';
import { CALM, Session, type Setting } from './session.js';

/**
 * Faults of the kernel at one system call of a run: the nth call of one name on the main thread of stagelock, which is where
 * it works on its files, fails or is the moment of SIGKILL. What it starts itself is not traced.
 */

const [JOINING] = SECONDARIES;

/** Calls that touch files, and what may go wrong with each. */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  openat: ['EIO', 'ENOSPC', 'KILL'],
  read: ['EIO', 'KILL'],
  write: ['ENOSPC', 'EIO', 'KILL'],
  pwrite64: ['ENOSPC', 'EIO', 'KILL'],
  fsync: ['EIO', 'ENOSPC', 'KILL'],
  fdatasync: ['EIO', 'KILL'],
  rename: ['EIO', 'ENOSPC', 'KILL'],
  link: ['EIO', 'ENOSPC', 'KILL'],
  unlink: ['EIO', 'KILL'],
  mkdir: ['ENOSPC', 'EIO', 'KILL'],
  rmdir: ['EIO', 'KILL'],
  ftruncate: ['EIO', 'KILL'],
  flock: ['EIO', 'KILL'],
};

type Fault = 'EIO' | 'ENOSPC' | 'KILL';

/** One fault at one call. */
interface Injection {
  readonly victim: 'update' | 'join';
  readonly call: string;
  readonly nth: number;
  readonly fault: Fault;
}

export interface InjectionOptions extends Setting {
  readonly system: System;
  /** How many of all possible faults, evenly spread; all when there are fewer. */
  readonly count: number;
  /** Which ones, when not all: different numbers give different ones. */
  readonly seed: number;
}

/** Injects faults into updates and joins, one after the other; after each everything must run by itself. */
export function inject(options: InjectionOptions): Promise<Outcome> {
  const world = { system: options.system, waits: false, smallDisks: false, jumps: false, limits: false };
  return Session.hold(world, options, async (session) => {
    const all = [...(await injectionsOf('update', session)), ...(await injectionsOf('join', session))];
    const step = Math.max(1, Math.floor(all.length / options.count));
    const chosen = all.filter((_, index) => index % step === options.seed % step);
    const failures: Failure[] = [];
    for (const injection of chosen) {
      failures.push(...(await injectOne(injection, session)));
      if (failures.length > 0) break; // what comes after it would only tell of it once more
    }
    if (failures.length > 0) return failures;
    const last = await session.everythingRuns();
    return [...session.judge(), ...last, ...(await session.remains())];
  });
}

/** The faults that are possible on the files of the project in a run to which nothing happens. */
async function injectionsOf(victim: Injection['victim'], session: Session): Promise<Injection[]> {
  const trace = join(session.world.root, 'trace');
  await prepare(victim, session);
  await victimRun(victim, session, ['strace', '-y', '-o', trace, '-e', `trace=${Object.keys(FAULTS).join(',')}`]);
  const counts = new Map<string, number>();
  const injections: Injection[] = [];
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const call = /^(\w+)\(/.exec(line)?.[1];
    if (call === undefined) continue;
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    if (!isOfProject(line, session)) continue;
    injections.push(...(FAULTS[call] ?? []).map((fault) => ({ victim, call, nth, fault })));
  }
  await session.everythingRuns([JOINING]);
  return injections;
}

async function injectOne({ victim, call, nth, fault }: Injection, session: Session): Promise<Failure[]> {
  const trace = join(session.world.root, 'trace');
  rmSync(trace, { force: true });
  await prepare(victim, session);
  const what = fault === 'KILL' ? 'signal=KILL' : `error=${fault}`;
  session.log.note(`inject ${what} at ${call} ${nth} of the ${victim}`);
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:${what}:when=${nth}`];
  const end = await victimRun(victim, session, ['strace', '-y', '-o', trace, ...inject]);
  const hit = readFileSync(trace, 'utf8')
    .split('\n')
    .findLast((line) => line.startsWith(`${call}(`) && (fault === 'KILL' || line.includes('(INJECTED)')));
  const onProject = hit !== undefined && isOfProject(hit, session);
  session.accidents.count(`${fault} at ${call}${onProject ? '' : ', outside the project'}`);
  // Node wakes its own threads by writes, which are not counted alike in two runs. One that fails there may hang stagelock,
  // which is then the fault of nobody's file: it dies like any other run.
  if (!onProject) await session.world.endProcesses();
  const settled = await session.everythingRuns([JOINING]);
  const failures = [...session.judge(), ...settled];
  const where = `${what} at ${call} ${nth} of the ${victim}, exit ${end.code ?? end.signal}: ${hit?.slice(0, 300)}`;
  return failures.map((failure) => ({ ...failure, what: `${where}\n${failure.what}\n${end.stderr}` }));
}

/** News for the run that is to come. */
async function prepare(victim: Injection['victim'], session: Session): Promise<void> {
  await session.push();
  if (victim === 'join') await session.run({ build: PRIMARY, atMs: 0, ...CALM });
}

function victimRun(victim: Injection['victim'], session: Session, tracer: readonly string[]) {
  return session.run({ build: victim === 'update' ? PRIMARY : JOINING, atMs: 0, ...CALM }, tracer);
}

/** The configuration is read before anything begins, and the log of events is ours. */
function isOfProject(line: string, { world }: Session): boolean {
  return line.includes(`${world.root}/`) && !line.includes(`${world.root}/bin/`) && !line.includes('.toml');
}
