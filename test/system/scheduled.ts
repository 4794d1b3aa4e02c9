import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World, WorldOptions } from '../support/world.js';
import { Mailbox } from './mailbox.js';
import { Running, STAGELOCK, start } from './programs.js';
import { Worlds } from './worlds.js';

/** A world with a program that gets its mails. */
export type MailedWorld = World & { readonly mailbox: Mailbox };

/** Worlds whose builds are run by schedulers, for the tests of one file. */
export class Scheduled {
  readonly worlds = new Worlds();
  readonly #schedulers: Running[] = [];

  /** A world whose primary runs when `trigger` is touched. Its stage `check` does what CHECK in the environment says. */
  watched(options: Partial<WorldOptions> = {}, tables = ''): MailedWorld {
    const world = this.worlds.make({ primary: 'watch = ["trigger"]\nquiet = "200 ms"', ...options });
    const mailbox = new Mailbox(world.root);
    appendFileSync(
      world.configFile,
      `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n
[mail]\nto = ["team@example.org"]\nsendmail = "sendmail"\n${tables}`,
    );
    return Object.assign(world, { mailbox });
  }

  /** @param node options of Node itself */
  async schedule(world: World, environment: NodeJS.ProcessEnv = {}, node: readonly string[] = []): Promise<Running> {
    const scheduler = start(world, ['schedule'], { environment, node });
    this.add(scheduler);
    await scheduler.untilOutput(/main: /);
    return scheduler;
  }

  /** A scheduler whose user namespace has a limit of its own, of `/proc/sys/user`. */
  startLimited(world: World, setting: string, limit: number): Running {
    const command = `echo ${limit} > /proc/sys/user/${setting} && exec "$0" "$@"`;
    const words = ['--user', '--map-root-user', 'sh', '-c', command, process.execPath, STAGELOCK, 'schedule'];
    const scheduler = new Running(
      spawn('unshare', words, {
        cwd: world.root,
        env: { ...world.environment, STAGELOCK_CONFIG: world.configFile },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    this.add(scheduler);
    return scheduler;
  }

  /** One more to end after the test. */
  add(scheduler: Running): void {
    this.#schedulers.push(scheduler);
  }

  /** To be called after each test. */
  async remove(): Promise<void> {
    for (const scheduler of this.#schedulers.splice(0)) scheduler.kill('SIGKILL');
    await this.worlds.remove();
  }
}

/** Options of Node that have time pass faster, with {@link fast}. */
export const FAST = ['--import', fileURLToPath(new URL('../support/fast-clock.mjs', import.meta.url))];

/** The environment for {@link FAST}: so many times as fast. */
export function fast(speed: number): NodeJS.ProcessEnv {
  return { STAGELOCK_TEST_CLOCK_SPEED: `${speed}`, STAGELOCK_TEST_CLOCK_BASE: `${Date.now()}` };
}

export function touch(world: World): void {
  writeFileSync(join(world.root, 'trigger'), `${Date.now()}`);
}

export function logOf(world: World, build: string): string {
  const file = join(world.root, `${build}.log`);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** What stands in the directory of the jobs. */
export function jobFiles(world: World): string[] {
  const directory = join(world.root, 'stagelock.state', 'jobs');
  return existsSync(directory) ? readdirSync(directory) : [];
}

export function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].length;
}

/** A command for a stage: `at-work` tells that it has begun, and it goes on until there is such a file in the world. */
export function untilThereIs(file: string): string {
  return `touch at-work; while [ ! -e ../${file} ] && [ -e .. ]; do sleep 0.02; done`;
}
