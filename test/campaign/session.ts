import { join } from 'node:path';
import { Accidents } from './accidents.js';
import { type Event, EventLog } from './event-log.js';
import { judge } from './judge.js';
import { differences, unexplained } from './leftovers.js';
import { Progress } from './oracle.js';
import type { Failure, Outcome } from './outcome.js';
import { Person } from './person.js';
import { BUILDS, otherAccidents, PRIMARY, type RunPlan, SECONDARIES } from './schedule.js';
import { CampaignWorld, type Ended, type Machine, signal, type WorldOptions } from './world.js';

/** A run to which nothing happens. */
export const CALM: Omit<RunPlan, 'build' | 'atMs'> = {
  stageMs: 40,
  fails: false,
  leaves: 'nothing',
  slowUs: 0,
  failingChanges: 0,
};

const LAST_EVENTS = 20;

/** What is the same for all sessions of a campaign. */
export interface Setting {
  readonly machine: Machine;
  /** Whether this stagelock has the command `kill`. */
  readonly knowsKill: boolean;
  /** Leaves everything on the disk. */
  readonly keep: boolean;
}

/** A world in which builds run, with its log, its witnesses and its person. */
export class Session {
  readonly ends = new Map<string, Ended>();
  readonly world: CampaignWorld;
  readonly log: EventLog;
  readonly accidents: Accidents;
  readonly person: Person;
  readonly #options: WorldOptions;
  readonly #progress = new Map(BUILDS.map((build) => [build, new Progress(1)]));
  #pushing: Promise<void> = Promise.resolve();
  #judged = 0;

  private constructor(options: WorldOptions, { machine, knowsKill }: Setting) {
    this.#options = options;
    this.world = new CampaignWorld(options, machine);
    this.accidents = new Accidents(this.world, (text) => this.log.note(text));
    this.log = new EventLog(this.world.root, (event: Event) => this.accidents.see(event));
    this.person = new Person(this.world, this.log, knowsKill);
  }

  /** Opens a session, in which all builds have run once, has `act` look for failures, and removes everything. */
  static async hold(
    options: WorldOptions,
    setting: Setting,
    act: (session: Session) => Promise<Failure[]>,
  ): Promise<Outcome> {
    const session = new Session(options, setting);
    try {
      const failures = await session.#begin(act).catch((error: unknown): Failure[] => [
        {
          kind: 'the campaign itself',
          what: error instanceof Error ? (error.stack ?? error.message) : String(error),
        },
      ]);
      return {
        runs: session.ends.size,
        accidents: session.accidents.counts,
        failures,
        lastEvents: failures.length === 0 ? [] : session.log.last(LAST_EVENTS),
        ...(setting.keep ? { kept: session.world.root } : {}),
      };
    } finally {
      session.log.close();
      await session.world.remove(setting.keep);
    }
  }

  async #begin(act: (session: Session) => Promise<Failure[]>): Promise<Failure[]> {
    await this.world.create();
    const early = await this.everythingRuns();
    return early.length > 0 ? early : act(this);
  }

  /** @param before a program that starts the run, with its arguments */
  async run(plan: RunPlan, before: readonly string[] = []): Promise<Ended> {
    const { run, child, ended } = this.world.start(plan, before);
    this.accidents.expect(run, plan, child);
    this.log.note(`run=${run} build=${plan.build} started pid=${child.pid}`);
    const end = await ended;
    this.ends.set(String(run), end);
    const said = end.stderr.trim().replaceAll('\n', ' / ').slice(0, 400);
    this.log.note(`run=${run} build=${plan.build} ended exit=${end.code ?? end.signal} ${said}`);
    return end;
  }

  /** One push after the other, as a repository takes them. */
  push(): Promise<void> {
    this.#pushing = this.#pushing.then(async () => {
      await this.world.repository.push();
      this.log.note(`pushed commit ${this.world.repository.head}`);
    });
    return this.#pushing;
  }

  /**
   * A person clears the locks of the dead. From then on the primary runs by itself, and so do the secondaries.
   *
   * @param secondaries those that are tried
   */
  async everythingRuns(secondaries: readonly string[] = SECONDARIES): Promise<Failure[]> {
    const left = await this.person.clear([PRIMARY, ...secondaries]);
    if (left !== undefined) return [{ kind: 'hang', what: left }];
    const primary = await this.run({ build: PRIMARY, atMs: 0, ...CALM });
    if (primary.code !== 0) {
      const others = otherAccidents(this.#options);
      const kind = `needs a person after ${others.length === 0 ? 'our own kills only' : 'other accidents'}` as const;
      return [{ kind, what: [...others, `exit ${primary.code}`, primary.stderr].join(': ') }];
    }
    const ends = await Promise.all(
      secondaries.map(async (build) => ({ build, end: await this.run({ build, atMs: 0, ...CALM }) })),
    );
    return ends.flatMap(({ build, end }) =>
      end.code === 0 ? [] : [{ kind: 'secondary does not run', what: `${build}: exit ${end.code}: ${end.stderr}` }],
    );
  }

  /** What the witnesses have seen since the last time. Only when no run goes on. */
  judge(): Failure[] {
    this.log.read();
    const { root, repository } = this.world;
    const events = this.log.events.slice(this.#judged);
    this.#judged = this.log.events.length;
    return judge({ root, repository, events, ends: this.ends, progress: this.#progress });
  }

  /** When everything has run: whether every build has built everything, what the source is, what lies around. */
  async remains(): Promise<Failure[]> {
    const { repository, root, source, directories } = this.world;
    const exported = join(root, 'repository', 'export');
    await repository.exportTo(exported);
    const behind = [...this.#progress].filter(([, progress]) => !progress.mayBeAt(repository.head));
    for (const pid of this.world.processes()) signal(pid, 'SIGKILL');
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
