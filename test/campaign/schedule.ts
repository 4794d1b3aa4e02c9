import { Random } from '../support/random.js';
import type { System } from './repository.js';

/** What is to happen in one schedule, by its seed alone. Pure. */

export const PRIMARY = 'main';
export const SECONDARIES = ['s1', 's2', 's3'] as const;
export const BUILDS: readonly string[] = [PRIMARY, ...SECONDARIES];

/** Whom a strike hits: the run's stagelock, the version control program, a stage's top process, its child, all of its group. */
export type Target = 'run' | 'command' | 'top' | 'reader' | 'group';

/** A signal at a moment of a run. */
export interface Strike {
  /** Started; the nth version control command begun; before the nth change of a file; the nth stage begun; its child begun. */
  readonly on: 'start' | 'command' | 'halt' | 'stage' | 'reader';
  readonly nth: number;
  readonly afterMs: number;
  readonly targets: readonly Target[];
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';
  /** After SIGSTOP: when it goes on. */
  readonly resumeMs: number;
}

export interface RunPlan {
  readonly build: string;
  /** After the round has begun. */
  readonly atMs: number;
  readonly stageMs: number;
  readonly fails: boolean;
  /** What the stage's top process leaves behind when it ends: nothing, a child that reads on, one in a session of its own. */
  readonly leaves: 'nothing' | 'child' | 'session';
  /** Before each file of an update. */
  readonly slowUs: number;
  /** How many changes of files from the halt on fail as on a full disk. */
  readonly failingChanges: number;
  /** The longest file that it can write, in bytes. */
  readonly fileLimit?: number;
  readonly strike?: Strike;
}

export interface Round {
  readonly pushesBefore: number;
  readonly pushesAtMs: readonly number[];
  readonly runs: readonly RunPlan[];
  /** Whether a person clears what a run leaves as soon as it has died, or all of it when the round is over, or later. */
  readonly clears: 'at once' | 'after the round' | 'later';
  /** A disk that is full for a while. */
  readonly fullDisk?: {
    readonly of: 'primary' | 'secondary' | 'source';
    readonly atMs: number;
    readonly forMs: number;
  };
  /** The clock of the machine from a moment on, in seconds beside the true one. */
  readonly clock?: { readonly atMs: number; readonly offset: number };
  /** Before the round. */
  readonly moves?: { readonly what: 'build' | 'away and back' | 'configuration'; readonly build: string };
}

export interface Schedule {
  readonly seed: number;
  readonly system: System;
  readonly waits: boolean;
  /** Builds and source on small disks of their own. */
  readonly smallDisks: boolean;
  readonly jumps: boolean;
  /** Runs and updates that cannot write what they want. */
  readonly limits: boolean;
  readonly rounds: readonly Round[];
}

export function scheduleOf(seed: number, system: System): Schedule {
  const random = new Random(seed);
  const smallDisks = random.chance(0.2);
  const jumps = random.chance(0.25);
  const limits = random.chance(0.15);
  const waits = random.chance(0.5);
  const length = 2 + random.below(3);
  const rounds = Array.from({ length }, () => roundOf(random, { smallDisks, jumps, limits }));
  return { seed, system, waits, smallDisks, jumps, limits, rounds };
}

/** What else than our own kills a schedule does to the source; empty where those are all. */
export function otherAccidents({ smallDisks, limits }: Pick<Schedule, 'smallDisks' | 'limits'>): string[] {
  return [...(smallDisks ? ['full disks'] : []), ...(limits ? ['failing writes'] : [])];
}

type Hazards = Pick<Schedule, 'smallDisks' | 'jumps' | 'limits'>;

function roundOf(random: Random, { smallDisks, jumps, limits }: Hazards): Round {
  const runs = BUILDS.map((build) => runOf(random, limits, build, random.below(build === PRIMARY ? 250 : 700)));
  if (random.chance(0.6)) runs.push(runOf(random, limits, PRIMARY, 400 + random.below(1200)));
  if (random.chance(0.4)) runs.push(runOf(random, limits, random.pick(SECONDARIES), 700 + random.below(1200)));
  if (random.chance(0.4)) {
    // The same build twice at the same time, as two terminals start it.
    const twin = random.pick(runs);
    runs.push(runOf(random, limits, twin.build, twin.atMs + random.below(20)));
  }
  return {
    pushesBefore: random.chance(0.85) ? 1 + random.below(2) : 0,
    pushesAtMs: random.chance(0.5) ? [random.below(1500)] : [],
    runs: runs.toSorted((a, b) => a.atMs - b.atMs),
    clears: random.pick(['at once', 'at once', 'after the round', 'later']),
    ...(smallDisks && random.chance(0.6) ? { fullDisk: fullDiskOf(random) } : {}),
    ...(jumps && random.chance(0.7)
      ? { clock: { atMs: random.below(800), offset: random.pick([-86_400, -3600, -90, 0, 90, 3600, 86_400]) } }
      : {}),
    ...(random.chance(0.2)
      ? {
          moves: {
            what: random.pick(['build', 'away and back', 'configuration'] as const),
            build: random.pick(BUILDS),
          },
        }
      : {}),
  };
}

function fullDiskOf(random: Random): NonNullable<Round['fullDisk']> {
  const of = random.pick(['primary', 'secondary', 'source'] as const);
  return { of, atMs: random.below(900), forMs: 100 + random.below(700) };
}

function runOf(random: Random, limits: boolean, build: string, atMs: number): RunPlan {
  const strike = random.chance(0.5) ? strikeOn(random, build) : undefined;
  const orphan = strike?.targets.includes('top') === true || random.chance(0.1);
  return {
    build,
    atMs,
    stageMs: 60 + random.below(orphan ? 900 : 250),
    fails: random.chance(0.08),
    leaves: random.chance(0.1) ? random.pick(['child', 'session'] as const) : 'nothing',
    slowUs: random.chance(0.5) ? 1000 * (1 + random.below(8)) : 0,
    failingChanges: limits && strike?.on === 'halt' && random.chance(0.5) ? 1 + random.below(40) : 0,
    ...(limits && random.chance(0.15) ? { fileLimit: random.pick([300, 2000, 20_000]) } : {}),
    ...(strike === undefined ? {} : { strike }),
  };
}

function strikeOn(random: Random, build: string): Strike {
  const on = random.pick(
    build === PRIMARY
      ? (['start', 'command', 'halt', 'halt', 'halt', 'stage', 'reader'] as const)
      : (['start', 'command', 'stage', 'stage', 'reader'] as const),
  );
  const signal = random.pick(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSTOP'] as const);
  const targets = random.pick(TARGETS[on]);
  const longest = { start: 900, command: 30, halt: 0, stage: 120, reader: 120 }[on];
  const nth = {
    start: 1,
    command: 1 + random.below(14),
    halt: 1 + random.below(41),
    stage: 1 + random.below(2),
    reader: 1,
  };
  return { on, nth: nth[on], afterMs: random.below(longest + 1), targets, signal, resumeMs: 100 + random.below(1200) };
}

const TARGETS: Readonly<Record<Strike['on'], readonly (readonly Target[])[]>> = {
  start: [['run']],
  command: [['command'], ['run'], ['run', 'command']],
  halt: [['command'], ['run', 'command'], ['run', 'command'], ['run']],
  stage: [['top'], ['run'], ['run', 'top'], ['group'], ['run', 'group']],
  reader: [['top'], ['top'], ['reader'], ['run', 'top'], ['run']],
};
