import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import type { SystemName } from '../../../src/updates/record.js';
import { Random } from '../../support/random.js';
import { STAGELOCK } from '../../system/programs.js';
import { filesIn } from '../systems/broken.js';
import type { BuildName, Files, World } from './world.js';

const PATHS = ['a.c', 'b.c', 'lib/c.c', 'lib/deep/d.c', 'more/e.c', 'more/f g.c'];

/** What a person does with the client in the source: takes an edit back, brings the tree to another revision, or a part of it. */
const BY_HAND: Readonly<Record<SystemName, readonly (readonly string[])[]>> = {
  git: [
    ['checkout', '-q', '--', '.'],
    ['pull', '-q', '--ff-only'],
    ['reset', '-q', '--hard', 'HEAD~1'],
    ['checkout', '-q', '--detach', 'HEAD~1'],
    ['stash', '-q'],
    ['commit', '-qam', 'mine'],
    ['rm', '-q', '--cached', 'b.c'],
  ],
  svn: [
    ['revert', '-q', '-R', '.'],
    ['update', '-q', '--accept', 'postpone'],
    ['update', '-q', '-r', 'PREV'],
    ['update', '-q', '-r', 'PREV', 'lib'],
    ['switch', '-q', '--ignore-ancestry', '^/other', 'lib/deep'],
    ['rm', '-q', '--keep-local', 'b.c'],
  ],
  hg: [
    ['revert', '-q', '--all', '--no-backup'],
    ['pull', '-q', '-u'],
    ['update', '-q', '-r', '.^'],
    ['commit', '-q', '-u', 'me', '-m', 'mine'],
    ['forget', '-q', 'b.c'],
  ],
  cvs: [
    ['-Q', 'update', '-d', '-A', '-P', '-C'],
    ['-Q', 'update', '-d', '-A', '-P'],
    ['-Q', 'update', '-r', '1.1', 'lib'],
    ['-Q', 'remove', '-f', 'b.c'],
  ],
};

/** A history of pushes, edits, moves by hand, kills and runs, and what the stages have seen of it. */
export class History {
  readonly #world: World;
  readonly #random: Random;
  /** What the server had at each revision, as a run records it. */
  readonly #exports = new Map<string, Files>();
  readonly #unknown = new Set<string>();
  readonly #looked = new Map<BuildName, number>();
  readonly #steps: string[] = [];
  #judged = 0;
  /** What the last run of the primary said. */
  #said = '';

  /** @param world in which both builds have built all there is */
  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = new Random(seed);
  }

  /**
   * @returns how often it was looked at what a stage has read
   * @throws when that was no revision with the local changes that its report lists
   */
  async live(steps: number): Promise<number> {
    await this.#export();
    for (const build of ['main', 'other'] as const) this.#looked.set(build, this.#world.timesBuilt(build));
    for (let step = 0; step < steps; step++) await this.#step();
    await this.#run('main');
    await this.#run('other');
    return this.#judged;
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const step = random.pick([
      'push',
      'push',
      'edit',
      'by hand',
      'kill',
      'advice',
      'main',
      'main',
      'other',
      'other',
    ] as const);
    this.#steps.push(step);
    if (step === 'push') await this.#push();
    else if (step === 'edit') this.#edit();
    else if (step === 'by hand') this.#byHand();
    else if (step === 'kill') await this.#kill();
    else if (step === 'advice') this.#followAdvice();
    else await this.#run(step);
  }

  async #push(): Promise<void> {
    const random = this.#random;
    const paths = [random.pick(PATHS), random.pick(PATHS)];
    this.#world.push({ write: Object.fromEntries(paths.map((path) => [path, `int n${random.below(1000)};\n`])) });
    await this.#export();
  }

  /** Which revision the server's newest is, and what is in it. */
  async #export(): Promise<void> {
    const world = this.#world;
    const directory = join(world.root, `export-${this.#exports.size}`);
    world.repository.clone(directory);
    const system = versionControlOf({ ...world.repository.update, mode: world.mode }, join(world.root, 'memory'));
    const head = await system.currentRevision({ source: directory, timeoutMs: 60_000, environment: world.environment });
    if (head.kind === 'failed') throw new Error(head.message);
    this.#exports.set(head.revision, filesIn(directory));
  }

  #edit(): void {
    const path = this.#random.pick(PATHS);
    if (!existsSync(join(this.#world.source, path))) this.#unknown.add(path);
    if (this.#random.chance(0.3)) this.#world.remove(path);
    else this.#world.write(path, `int mine${this.#random.below(1000)};\n`);
  }

  #byHand(): void {
    const args = this.#random.pick(BY_HAND[this.#world.type]);
    this.#steps.push(args.join(' '));
    this.#world.tryTo(this.#world.type, ...args);
  }

  /** Kills a run of the primary, and a person clears its locks without a look. */
  async #kill(): Promise<void> {
    const world = this.#world;
    const args = [STAGELOCK, '-c', join(world.root, 'stagelock.toml')];
    const run = spawn(process.execPath, [...args, 'run', 'main'], {
      cwd: world.root,
      env: world.environment,
      stdio: 'ignore',
    });
    const ended = once(run, 'exit');
    await Promise.race([ended, sleep(150 + this.#random.below(500))]);
    run.kill('SIGKILL');
    await ended;
    // A client that outlives it is left alone, as a person would who has not seen it.
    world.tryTo(process.execPath, ...args, 'unlock', 'main', '--yes');
  }

  #followAdvice(): void {
    try {
      this.#world.follow(this.#said);
    } catch {
      // The tree is another one than when it was said.
    }
  }

  async #run(build: BuildName): Promise<void> {
    const world = this.#world;
    const ran = world.build(build);
    if (build === 'main') this.#said = ran.stderr;
    const built = world.timesBuilt(build);
    if (built > (this.#looked.get(build) ?? 0)) this.#judge(build, world.lastSeenBy(build), ran.stderr);
    this.#looked.set(build, built);
  }

  /** A witness within the stage has copied the tree; the server says what the recorded revision is. */
  #judge(build: BuildName, seen: Files, stderr: string): void {
    this.#judged++;
    const recorded = this.#world.recorded() ?? '';
    const wanted = this.#exports.get(recorded);
    const told = `after ${this.#steps.join(', ')}\n${stderr}`;
    if (wanted === undefined) throw new Error(`${build} has built ${recorded}, which the server never had, ${told}`);
    const listed = new Set(this.#world.reported(build));
    const wrong = [...new Set([...seen.keys(), ...wanted.keys()])].filter(
      (path) =>
        seen.get(path) !== wanted.get(path) && !listed.has(path) && !(this.#isUnknown(path) && !wanted.has(path)),
    );
    if (wrong.length > 0)
      throw new Error(`${build} has built ${recorded} with ${wrong.join(', ')} of something else, ${told}`);
  }

  /** A file of nobody's: one of a person's, or one that a client or a person has put aside, which no revision ever had. */
  #isUnknown(path: string): boolean {
    return this.#unknown.has(path) || ![...this.#exports.values()].some((files) => files.has(path));
  }
}
