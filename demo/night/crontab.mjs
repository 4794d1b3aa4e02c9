// Starts the runs as cron does: by /bin/sh, in a session of their own, with few variables and no terminal.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAGELOCK } from '../world.mjs';

export class Crontab {
  #world;
  #clock;
  #children = new Set();
  /** Every run that was started: {build, at, began, ended, exit, output, log, over}; `at` is the time of the story. */
  runs = [];

  constructor(world, clock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** The line of a build's crontab, without its schedule. */
  line(build) {
    return `${this.#command(`--mail ${build}`)} >> "${this.#logOf(build)}"`;
  }

  /** What cron would do at a time of the story. */
  run(build, at) {
    const before = this.#logged(build).length;
    const { output, exit, over } = this.#start(this.line(build));
    const run = { build, at, began: this.#clock.now(), ended: undefined, exit: undefined, output: '', log: '' };
    run.over = over.then(() => {
      const log = this.#logged(build).slice(before);
      Object.assign(run, { ended: this.#clock.now(), exit: exit(), output: output(), log });
    });
    this.runs.push(run);
    return run;
  }

  /** The same without --mail and with every warning: what cron itself would mail of a run that is refused. */
  async runPlainly(build) {
    const { output, over } = this.#start(`${this.#command(`--every-warning ${build}`)} > /dev/null`);
    await over;
    return output();
  }

  /** Ends what runs and waits until it has ended. */
  async endRuns() {
    const children = [...this.#children];
    for (const { pid } of children) signalGroup(pid); // once: a second one would end a run on the spot
    await Promise.all(children.map(({ over }) => over));
  }

  #command(words) {
    return `exec "${process.execPath}" "${STAGELOCK}" --config "${this.#world.config}" run ${words}`;
  }

  #start(line) {
    const { root, environment } = this.#world;
    // detached: as under cron, and the interrupt key of the terminal shall reach only the demo.
    const child = spawn('/bin/sh', ['-c', line], {
      cwd: join(root, 'home'),
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let exit;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const entry = { pid: child.pid };
    entry.over = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        exit = code ?? signal;
        this.#children.delete(entry);
        resolve();
      });
    });
    this.#children.add(entry);
    return { output: () => output, exit: () => exit, over: entry.over };
  }

  #logOf(build) {
    return join(this.#world.root, `${build}.log`);
  }

  #logged(build) {
    try {
      return readFileSync(this.#logOf(build), 'utf8');
    } catch {
      return ''; // its first run
    }
  }
}

function signalGroup(pid) {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has just ended.
  }
}

/** Whatever still runs of what the night has started, directly or not: all of it has its variables. */
export function processesOf({ root }) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => fileOfProcess(pid, 'environ').includes(`DEMO=${root}\0`))
    .map((pid) => {
      return `process ${pid}: ${fileOfProcess(pid, 'cmdline').replaceAll('\0', ' ').trim()}`;
    });
}

function fileOfProcess(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return ''; // it has ended, or is somebody else's
  }
}
