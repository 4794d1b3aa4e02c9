import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemName } from '../../../src/updates/record.js';
import { Random } from '../../support/random.js';
import { STAGELOCK } from '../../system/programs.js';
import { filesIn } from '../systems/broken.js';
import { BY_HAND, BY_SHELL, CONFLICTS } from './by-hand.js';
import { newestOf } from './newest.js';
import type { BuildName, Files, World } from './world.js';

const PATHS = ['a.c', 'b.c', 'lib/c.c', 'lib/deep/d.c', 'more/e.c', 'more/f g.c'];

/** What a commit in the source itself takes: with these systems it is everybody's. */
const CATCH_UP: Partial<Record<SystemName, readonly [string, ...string[]]>> = {
  svn: ['svn', 'update', '-q'],
  cvs: ['cvs', '-Q', 'update', '-d'],
};

/** So often a person does what is advised before they leave it for later. */
const ROUNDS = 2;

const STEPS = ['push', 'fault', 'kill', 'advice', 'main', 'other', 'behind', 'behind', 'behind'] as const;

/** Each file has had another version before the source was checked out. */
export function withPast(world: World): void {
  const version = (text: string): Record<string, string> =>
    Object.fromEntries(PATHS.map((path) => [path, `int ${text};\n${'int same;\n'.repeat(10)}`]));
  world.push({ write: version('first') });
  world.push({ write: version('second') });
}

/** A history of pushes, edits, moves by hand, kills and runs, and what the stages have seen of it. */
export class History {
  readonly #world: World;
  readonly #random: Random;
  /** What the server had at each revision, as a run records it. */
  readonly #exports = new Map<string, Files>();
  readonly #unknown = new Set<string>();
  /** What persons have left at each path; undefined where there was nothing. */
  readonly #left = new Map<string, Set<string | undefined>>();
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
    execFileSync('cp', ['-a', this.#world.source, join(this.#world.root, 'backup')]);
    await this.#export();
    for (const build of ['main', 'other'] as const) this.#looked.set(build, this.#world.timesBuilt(build));
    for (let step = 0; step < steps; step++) await this.#step();
    await this.#run('main');
    await this.#run('other');
    return this.#judged;
  }

  async #step(): Promise<void> {
    const step = this.#random.pick(STEPS);
    this.#steps.push(step);
    if (step === 'push') await this.#push();
    else if (step === 'fault') await this.#fault();
    else if (step === 'kill') await this.#kill();
    else if (step === 'advice') this.#followAdvice();
    else if (step === 'behind') await this.#fallBehind();
    else await this.#run(step);
  }

  /** A person does what the primary advises, until it builds. */
  async #runAsTold(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      if ((await this.#run('main')) === 0) return;
      this.#followAdvice();
    }
  }

  /** The secondary meets what a person does while it has something to build. */
  async #fallBehind(): Promise<void> {
    await this.#push();
    await this.#runAsTold();
    await this.#fault();
    if (this.#random.chance(0.3)) await this.#fault();
    await this.#run('other');
  }

  async #push(): Promise<void> {
    const random = this.#random;
    const paths = [random.pick(PATHS), random.pick(PATHS)];
    // What is appended by hand can be merged with it, and what is written there cannot.
    const text = (): string => `int n${random.below(1000)};\n${'int same;\n'.repeat(10)}`;
    this.#world.push({ write: Object.fromEntries(paths.map((path) => [path, text()])) });
    await this.#export();
  }

  /** Which revision the server's newest is, and what is in it. */
  async #export(): Promise<void> {
    const world = this.#world;
    const { revision, files } = await newestOf(world, this.#exports.size);
    this.#exports.set(revision, files);
  }

  async #fault(): Promise<void> {
    const random = this.#random;
    const kind = random.pick(['edit', 'client', 'client', 'shell', 'shell', 'conflict', 'conflict'] as const);
    if (kind === 'edit') this.#edit();
    else if (kind === 'conflict') this.#byHand(['sh', '-c', CONFLICTS[this.#world.type]]);
    else if (kind === 'shell') this.#byHand(['sh', '-c', random.pick(BY_SHELL)]);
    else await this.#byClient(random.pick(BY_HAND[this.#world.type]));
    this.#leave();
  }

  /** What stands in the source now is a person's, as far as it is listed as such. */
  #leave(): void {
    const files = filesIn(this.#world.source);
    for (const path of new Set([...files.keys(), ...this.#left.keys(), ...PATHS])) {
      const texts = this.#left.get(path) ?? new Set();
      this.#left.set(path, texts.add(files.get(path)));
    }
  }

  #edit(): void {
    const random = this.#random;
    const path = random.pick(PATHS);
    const file = join(this.#world.source, path);
    const mine = `int mine${random.below(1000)};\n`;
    const how = random.pick(['remove', 'replace', 'append'] as const);
    this.#steps.push(`${how} ${path}`);
    try {
      if (!existsSync(file)) this.#unknown.add(path);
      if (how === 'remove') this.#world.remove(path);
      else if (how === 'append' && existsSync(file)) this.#world.append(path, mine);
      else this.#world.write(path, mine);
    } catch {
      // Something else stands there.
    }
  }

  async #byClient(args: readonly string[]): Promise<void> {
    const world = this.#world;
    this.#byHand([world.type, ...args]);
    const catchUp = args.includes('commit') ? CATCH_UP[world.type] : undefined;
    if (catchUp === undefined) return;
    world.runIn(join(world.root, 'work'), ...catchUp);
    await this.#export();
  }

  #byHand([program = '', ...args]: readonly string[]): void {
    this.#steps.push([program, ...args].join(' '));
    this.#world.tryTo(program, ...args);
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
    this.#leave();
  }

  /** @returns its exit code */
  async #run(build: BuildName): Promise<number | null> {
    const world = this.#world;
    const ran = world.build(build);
    if (build === 'main') this.#said = ran.stderr;
    const built = world.timesBuilt(build);
    if (built > (this.#looked.get(build) ?? 0)) this.#judge(build, world.lastSeenBy(build), ran.stderr);
    this.#looked.set(build, built);
    return ran.code;
  }

  /** A witness within the stage has copied the tree; the server says what the recorded revision is. */
  #judge(build: BuildName, seen: Files, stderr: string): void {
    this.#judged++;
    const recorded = this.#world.recorded() ?? '';
    const wanted = this.#exports.get(recorded);
    const told = `after ${this.#steps.join(', ')}\n${stderr}`;
    if (wanted === undefined) throw new Error(`${build} has built ${recorded}, which the server never had, ${told}`);
    const listed = new Set(this.#world.reported(build));
    const isAllowed = (path: string): boolean => {
      if (listed.has(path)) return this.#isPersons(path, seen.get(path));
      return this.#isUnknown(path) && !wanted.has(path);
    };
    const wrong = [...new Set([...seen.keys(), ...wanted.keys()])].filter(
      (path) => seen.get(path) !== wanted.get(path) && !isAllowed(path),
    );
    if (wrong.length > 0)
      throw new Error(`${build} has built ${recorded} with ${wrong.join(', ')} of something else, ${told}`);
  }

  /** A local change is what a person has left, and no conflict: nothing that an update has made of it. */
  #isPersons(path: string, text: string | undefined): boolean {
    return this.#left.get(path)?.has(text) === true && !/^(<{7}|>{7}) /m.test(text ?? '');
  }

  /** A file of nobody's: one of a person's, or one that a client or a person has put aside, which no revision ever had. */
  #isUnknown(path: string): boolean {
    return this.#unknown.has(path) || ![...this.#exports.values()].some((files) => files.has(path));
  }
}
