// Starts the runs on all hosts, each build again and again for as long as its host is up, as a crontab on each host would.
import { BUILDS, stagelock } from './world.mjs';

/** Between two runs of a build, in seconds. */
const PAUSE = 1;

export class Cron {
  #world;
  #clock;
  #onEnd;
  #over = false;
  #loops = [];
  /** Every run that has ended: {build, host, began, ended, code, stdout, stderr}; times are milliseconds since 1970. */
  runs = [];

  /** @param onEnd called with each run that has ended */
  constructor(world, clock, onEnd) {
    this.#world = world;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  begin() {
    this.#loops = BUILDS.map((each) => this.#repeat(each));
  }

  /** Starts no further run, and waits for those in progress. */
  async end() {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  async runOnce({ build, host }) {
    const began = Date.now();
    const result = await stagelock(this.#world.host(host), 'run', build);
    const run = { build, host, began, ended: Date.now(), ...result };
    this.runs.push(run);
    this.#onEnd(run);
    return run;
  }

  async #repeat(each) {
    while (!this.#over) {
      if (this.#world.host(each.host).isUp) await this.runOnce(each);
      await this.#clock.sleep(PAUSE);
    }
  }
}
