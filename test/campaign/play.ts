import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Accidents } from './accidents.js';
import { type Event, EventLog } from './event-log.js';
import { judge } from './judge.js';
import { differences, unexplained } from './leftovers.js';
import { Progress } from './oracle.js';
import type { Failure, Outcome } from './outcome.js';
import { Person } from './person.js';
import { BUILDS, otherAccidents, PRIMARY, type Round, type RunPlan, type Schedule, SECONDARIES } from './schedule.js';
import { CampaignWorld, type Ended, type Machine, signal } from './world.js';

/** A run to which nothing happens. */
const CALM: Omit<RunPlan, 'build' | 'atMs'> = {
  stageMs: 40,
  fails: false,
  leaves: 'nothing',
  slowUs: 0,
  failingChanges: 0,
};
const LAST_EVENTS = 20;

export interface PlayOptions {
  readonly machine: Machine;
  /** Whether this stagelock has the command `kill`. */
  readonly knowsKill: boolean;
  /** Leaves everything on the disk. */
  readonly keep: boolean;
}

/** Plays a schedule from an empty directory to the end, when all that is broken must have been mended by itself. */
export async function play(schedule: Schedule, options: PlayOptions): Promise<Outcome> {
  const world = new CampaignWorld(schedule, options.machine);
  const accidents = new Accidents(world, () => log);
  const log: EventLog = new EventLog(world.root, (event: Event) => accidents.see(event));
  try {
    await world.create();
    const played = new Play(schedule, world, log, accidents, options.knowsKill);
    const failures = await played
      .all()
      .catch((error: unknown): Failure[] => [
        { kind: 'the campaign itself', what: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      ]);
    return {
      runs: played.ends.size,
      accidents: accidents.counts,
      failures,
      lastEvents: failures.length === 0 ? [] : log.last(LAST_EVENTS),
      ...(options.keep ? { kept: world.root } : {}),
    };
  } finally {
    log.close();
    await world.remove(options.keep);
  }
}

class Play {
  readonly ends = new Map<string, Ended>();
  readonly #schedule: Schedule;
  readonly #world: CampaignWorld;
  readonly #log: EventLog;
  readonly #accidents: Accidents;
  readonly #person: Person;
  readonly #progress = new Map(BUILDS.map((build) => [build, new Progress(1)]));
  #pushing: Promise<void> = Promise.resolve();

  constructor(schedule: Schedule, world: CampaignWorld, log: EventLog, accidents: Accidents, knowsKill: boolean) {
    this.#schedule = schedule;
    this.#world = world;
    this.#log = log;
    this.#accidents = accidents;
    this.#person = new Person(world, log, knowsKill);
  }

  async all(): Promise<Failure[]> {
    const early = await this.#everythingRuns();
    if (early.length > 0) return early;
    for (const [index, round] of this.#schedule.rounds.entries()) {
      this.#log.note(`round ${index + 1} clears=${round.clears}`);
      await this.#round(round);
    }
    this.#log.note('the end: a person clears what is left, then everything must run');
    const settled = await this.#everythingRuns();
    const judged = this.#judge();
    return [...judged, ...settled, ...(settled.length === 0 ? await this.#remains() : [])];
  }

  async #round(round: Round): Promise<void> {
    const comeBack = this.#move(round);
    for (let count = 0; count < round.pushesBefore; count++) await this.#push();
    const { fullDisk, clock } = round;
    const acts = [
      ...round.runs.map((plan) => this.#runAndClear(plan, round.clears === 'at once')),
      ...round.pushesAtMs.map((atMs) => sleep(atMs).then(() => this.#push())),
      ...(fullDisk === undefined ? [] : [this.#fillDisk(fullDisk)]),
      ...(clock === undefined ? [] : [sleep(clock.atMs).then(() => this.#jump(clock.offset))]),
    ];
    await Promise.all(acts);
    comeBack?.();
    if (round.clears !== 'later') for (const build of BUILDS) await this.#person.clear(build);
  }

  /** Renames something. @returns what brings it back after the round */
  #move({ moves }: Round): (() => void) | undefined {
    if (moves === undefined) return undefined;
    this.#log.note(`moves what="${moves.what}" build=${moves.build}`);
    this.#accidents.count(`moved: ${moves.what}`);
    if (moves.what === 'configuration') this.#world.moveConfiguration();
    else if (moves.what === 'build') this.#world.moveBuild(moves.build);
    // The journal is in the primary's directory: without it nothing could be right.
    else if (moves.build !== PRIMARY) return this.#world.takeAway(moves.build);
    return undefined;
  }

  async #runAndClear(plan: RunPlan, clears: boolean): Promise<void> {
    await sleep(plan.atMs);
    const { code } = await this.#run(plan);
    if (clears && (code === null || code > 1)) await this.#person.clear(plan.build);
  }

  async #run(plan: RunPlan): Promise<Ended> {
    const { run, child, ended } = this.#world.start(plan);
    this.#accidents.expect(run, plan, child);
    this.#log.note(`run=${run} build=${plan.build} started pid=${child.pid}`);
    const end = await ended;
    this.ends.set(String(run), end);
    const said = end.stderr.trim().replaceAll('\n', ' / ').slice(0, 400);
    this.#log.note(`run=${run} build=${plan.build} ended exit=${end.code ?? end.signal} ${said}`);
    return end;
  }

  /** One push after the other, as a repository takes them. */
  #push(): Promise<void> {
    this.#pushing = this.#pushing.then(async () => {
      await this.#world.repository.push();
      this.#log.note(`pushed commit ${this.#world.repository.head}`);
    });
    return this.#pushing;
  }

  async #fillDisk({ of, atMs, forMs }: NonNullable<Round['fullDisk']>): Promise<void> {
    await sleep(atMs);
    const name = { primary: PRIMARY, secondary: SECONDARIES[0], source: 'source' }[of];
    this.#log.note(`the disk of ${name} is full`);
    this.#accidents.count(`full disk: ${of}`);
    this.#world.fillDisk(name);
    await sleep(forMs);
    this.#world.freeDisk();
    this.#log.note(`the disk of ${name} has room again`);
  }

  #jump(offset: number): void {
    if (!this.#schedule.jumps) return;
    this.#log.note(`the clock jumps to ${offset} s beside the true time`);
    this.#accidents.count('clock jump');
    this.#world.setClock(offset);
  }

  /** A person clears the locks of the dead. From then on the primary runs by itself, and so do the secondaries. */
  async #everythingRuns(): Promise<Failure[]> {
    for (const build of BUILDS) {
      const left = await this.#person.clear(build);
      if (left !== undefined) return [{ kind: 'hang', what: left }];
    }
    const primary = await this.#run({ build: PRIMARY, atMs: 0, ...CALM });
    if (primary.code !== 0) {
      const others = otherAccidents(this.#schedule);
      const kind = `needs a person after ${others.length === 0 ? 'our own kills only' : 'other accidents'}` as const;
      return [{ kind, what: [...others, `exit ${primary.code}`, primary.stderr].join(': ') }];
    }
    const ends = await Promise.all(
      SECONDARIES.map(async (build) => ({ build, end: await this.#run({ build, atMs: 0, ...CALM }) })),
    );
    return ends.flatMap(({ build, end }) =>
      end.code === 0 ? [] : [{ kind: 'secondary does not run', what: `${build}: exit ${end.code}: ${end.stderr}` }],
    );
  }

  #judge(): Failure[] {
    this.#log.read();
    const { root, repository } = this.#world;
    const evidence = { root, repository, events: this.#log.events, ends: this.ends, progress: this.#progress };
    return judge(evidence);
  }

  /** When everything has run: whether every build has built everything, what the source is, what lies around. */
  async #remains(): Promise<Failure[]> {
    const { repository, root, source, directories } = this.#world;
    const exported = join(root, 'repository', 'export');
    await repository.exportTo(exported);
    const behind = [...this.#progress].filter(([, progress]) => !progress.mayBeAt(repository.head));
    const alive = this.#world.processes();
    for (const pid of alive) signal(pid, 'SIGKILL');
    return [
      ...behind.map(
        ([build, at]) => ({ kind: 'lost', what: `${build} ends at ${at}, not ${repository.head}` }) as const,
      ),
      ...differences(source, exported, repository.system).map((what) => ({ kind: 'wrong tree', what }) as const),
      ...unexplained(directories, source, repository.system).map(
        (what) => ({ kind: 'unexplained file', what }) as const,
      ),
    ];
  }
}
