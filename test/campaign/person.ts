import type { EventLog } from './event-log.js';
import { type CampaignWorld, signal } from './world.js';

/** What `status --json` says of a lock, as far as a person needs it. */
interface Lock {
  readonly judgement: { readonly fate: string };
  readonly record?: { readonly run?: string };
}

/**
 * A person who follows the rules: looks at the status, leaves alone what belongs to the living, ends what a dead run has
 * left behind, and then clears its locks, without force.
 */
export class Person {
  readonly #world: CampaignWorld;
  readonly #log: EventLog;
  /** Whether this stagelock has `kill`, which ends what a dead run has left behind. */
  readonly #knowsKill: boolean;

  constructor(world: CampaignWorld, log: EventLog, knowsKill: boolean) {
    this.#world = world;
    this.#log = log;
    this.#knowsKill = knowsKill;
  }

  /**
   * Clears the locks of builds whose runs have died.
   *
   * @returns what is in the way; undefined when nothing is left to clear
   */
  async clear(builds: readonly string[]): Promise<string | undefined> {
    for (let tries = 0; ; tries++) {
      const locks = await this.#locks();
      if (typeof locks === 'string') return locks;
      const left = builds.filter((build) => (locks.get(build)?.length ?? 0) > 0);
      if (left.length === 0) return undefined;
      const alive = left.filter((build) => locks.get(build)?.some(({ judgement }) => judgement.fate !== 'dead'));
      const dead = left.filter((build) => !alive.includes(build));
      if (dead.length === 0) return `locks of ${alive.join(', ')} have owners that are not dead`;
      for (const build of dead) await this.#unlock(build, locks.get(build) ?? []);
      if (tries >= 20) return `${dead.join(', ')} cannot be unlocked`;
    }
  }

  async #unlock(build: string, locks: readonly Lock[]): Promise<void> {
    await this.#endSurvivors(build, locks);
    const { code, stderr } = await this.#world.stagelock('unlock', build, '--yes');
    this.#log.note(`unlock build=${build} exit=${code} ${stderr.replaceAll('\n', ' / ').slice(0, 300)}`);
  }

  /** What `status` says of each build. */
  async #locks(): Promise<ReadonlyMap<string, readonly Lock[]> | string> {
    const { code, stdout, stderr } = await this.#world.stagelock('status', '--json');
    if (code !== 0) return `status: exit ${code}: ${stderr}`;
    const { builds } = JSON.parse(stdout) as { builds: { build: string; locks: Lock[] }[] };
    return new Map(builds.map(({ build, locks }) => [build, locks]));
  }

  async #endSurvivors(build: string, locks: readonly Lock[]): Promise<void> {
    const runs = new Set(locks.flatMap(({ record }) => record?.run ?? []));
    const survivors = [...runs].flatMap((run) => this.#world.processes(`STAGELOCK_RUN=${run}`));
    if (survivors.length === 0) return;
    if (this.#knowsKill) {
      const { code, stderr } = await this.#world.stagelock('kill', build, '--yes');
      this.#log.note(`kill build=${build} exit=${code} ${stderr.replaceAll('\n', ' / ').slice(0, 300)}`);
      return;
    }
    this.#log.note(`the person ends survivors of ${build}: ${survivors.join(' ')}`);
    for (const pid of survivors) signal(pid, 'SIGKILL');
  }
}
