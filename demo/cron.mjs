// Starts the runs as cron would, and ends them when the demo is interrupted.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { buildsOf, STAGELOCK } from './world.mjs';

export class Cron {
  #world;
  #clock;
  #onLine;
  #children = new Set();
  /** Every run that has ended: {build, began, ended, end, lines: [{at, text}], stderr}. */
  runs = [];

  /** @param onLine told of every line that a run prints: (build, text) */
  constructor(world, clock, onLine) {
    this.#world = world;
    this.#clock = clock;
    this.#onLine = onLine;
  }

  /**
   * Runs a build at every tick until `enough` says so after a run, or a run of any build has failed. Like a well-chosen crontab it never starts a run
   * before the last one of the build has ended: stagelock would refuse it, with a warning.
   *
   * @param times {every, offset} in seconds
   */
  async repeat(build, { every, offset }, enough) {
    do {
      await this.#clock.nextTick(every, offset);
      if (this.#clock.over) return;
      await this.run(build);
    } while (!enough() && !this.failed);
  }

  /** A demo in which a run failed has nothing more to show. */
  get failed() {
    return this.runs.some((run) => run.end !== 0);
  }

  /** One more run of every build, one after the other. */
  async onceEach() {
    const runs = [];
    for (const build of buildsOf(this.#world)) {
      if (!this.#clock.over && !this.failed) runs.push(await this.run(build));
    }
    return runs;
  }

  run(build) {
    const { config, environment, root } = this.#world;
    const run = { build, began: this.#clock.now(), ended: undefined, end: undefined, lines: [], stderr: '' };
    // detached: the interrupt key of the terminal shall reach only the demo, which then tells each run once.
    const child = spawn(process.execPath, [STAGELOCK, '--config', config, 'run', build], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#children.add(child);
    createInterface(child.stdout).on('line', (line) => {
      const text = line.replace(/^\S+ \S+ \S+: /, ''); // without date, time and build
      run.lines.push({ at: this.#clock.now(), text });
      this.#onLine(build, text);
    });
    child.stderr.on('data', (text) => {
      run.stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#children.delete(child);
        this.runs.push(Object.assign(run, { ended: this.#clock.now(), end: code ?? signal }));
        resolve(run);
      });
    });
  }

  /** Ends what runs and waits until it has ended. */
  async endRuns() {
    const closed = [...this.#children].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of this.#children) child.kill('SIGTERM'); // once: a second one would end it on the spot
    await Promise.all(closed);
  }
}
