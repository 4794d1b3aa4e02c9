import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.js';
import { World, type WorldOptions } from '../support/world.js';
import { type Running, type Start, stagelock, start, untilThere } from './programs.js';

/** Worlds and programs of the tests of one file, which remove and end what they leave. */
export class Worlds {
  readonly #worlds: World[] = [];

  /** A world with a secondary `s1`, whose builds do what `WORK` in their environment says. */
  make(options: Partial<WorldOptions> = {}): World {
    const world = new World({ secondaries: ['s1'], work: 'eval "$WORK"', ...options });
    this.#worlds.push(world);
    return world;
  }

  /** A world whose primary has built everything that there is. */
  async built(options: Partial<WorldOptions> = {}): Promise<World> {
    const world = this.make(options);
    const { code, stderr } = await stagelock(world, ['run', 'main']);
    if (code !== 0) throw new Error(stderr);
    return world;
  }

  /** Starts a build that goes on until {@link finish}, and waits until its build stage is at it. */
  async building(world: World, build: string, options: Start = {}): Promise<Running> {
    const environment = { ...options.environment, WORK: UNTIL_FINISH };
    const running = start(world, ['run', build], { ...options, environment });
    await atWork(world, build, running);
    return running;
  }

  /** Starts a primary whose update goes on until {@link finish}, and waits until it is at it. */
  async updating(world: World): Promise<Running> {
    world.commit(1);
    const git = join(world.root, 'bin', 'git');
    const real = `${git}-of-the-world`;
    writeFileSync(real, readFileSync(git), { mode: 0o755 });
    const slow = `case " $* " in *" merge "*) ${UNTIL_FINISH} ;; esac`;
    writeFileSync(git, `#!/bin/sh\n${slow}\nexec '${real}' "$@"\n`, { mode: 0o755 });
    const running = start(world, ['run', 'main']);
    await atWork(world, 'main', running);
    return running;
  }

  /** Lets the builds and updates that go on come to their end. */
  finish(world: World): void {
    writeFileSync(join(world.root, 'finish'), '');
  }

  /** Waits until nothing runs any more that a run of the world has started. */
  async idle(world: World): Promise<void> {
    await until('the end of all processes', () => processesWith(`STAGELOCK_CONFIG=${world.configFile}`).length === 0);
  }

  /** To be called after each test. */
  async remove(): Promise<void> {
    for (const world of this.#worlds.splice(0)) {
      await until('the end of everything that was started', () => !killAll(`STAGELOCK_CONFIG=${world.configFile}`));
      world.remove();
    }
  }
}

async function atWork(world: World, build: string, running: Running): Promise<void> {
  const early = running.ended.then((ended) => {
    throw new Error(`${build} ended before it came to its work: ${JSON.stringify(ended)}`);
  });
  await Promise.race([untilThere(join(world.root, `at-work.${build}`)), early]);
  early.catch(() => undefined); // it ends some time, and then that is no news
}

/** Kills every process that has this in its environment. False when there is none. */
function killAll(variable: string): boolean {
  const pids = processesWith(variable);
  for (const pid of pids) killIfThere(pid);
  return pids.length > 0;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

function processesWith(variable: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(variable)).map(Number);
}

/** Empty also for those that are dead and only not reaped. */
function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The root of the world is two or more above the build directory, but always beside the configuration. */
const ROOT = '$(dirname "$STAGELOCK_CONFIG")';
const UNTIL_FINISH = `: > "${ROOT}/at-work.$STAGELOCK_BUILD"; while [ ! -e "${ROOT}/finish" ] && [ -e "${ROOT}" ]; do sleep 0.02; done`;
