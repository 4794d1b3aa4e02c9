import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import type { SystemName } from '../../../src/updates/record.js';
import type { BrokenMove, Checkout, RepairResult, VersionControl } from '../../../src/updates/version-control.js';
import { temporaryDirectory } from '../repository.js';
import { environment, makeRepository, missingFor, type SourceRepository } from './repositories.js';

/** What a test of killed clients needs and is not here. */
export const missingForKills = (type: SystemName): string[] => [
  ...missingFor(type),
  ...(spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0 ? [] : ['strace']),
];

/** Calls that change files; after any of them a client may be killed. */
const CALLS = 'write,pwrite64,rename,renameat,unlink,unlinkat,mkdir,rmdir,link,linkat,symlink,fsync,fdatasync';

/** A repository with news that are of every shape, and a checkout before them. */
export interface Scene {
  readonly root: string;
  readonly repository: SourceRepository;
  readonly system: VersionControl;
  readonly mode: 'fast-forward' | 'reset';
  /** At the old revision; copied for each attempt. */
  readonly base: string;
  /** All files of the new revision, as the server gives them out anew. */
  readonly wanted: ReadonlyMap<string, string>;
  /** And of the old one. */
  readonly old: ReadonlyMap<string, string>;
}

const long = (word: string): string => Array.from({ length: 12_000 }, (_, i) => `${word} ${i}\n`).join('');

export async function sceneOf(type: SystemName, mode: Scene['mode'] = 'fast-forward'): Promise<Scene> {
  const root = temporaryDirectory();
  const repository = makeRepository(type, root);
  const numbered = (directory: string, word: string): Record<string, string> =>
    Object.fromEntries([1, 2, 3, 4, 5, 6].map((i) => [`${directory}/f${i}`, `${word} ${i}\n`]));
  repository.commit({
    log: 'one',
    write: {
      ...numbered('kept', 'old'),
      ...numbered('gone', 'gone'),
      'big.c': long('old'),
      still: 's\n',
      mine: 'm\n',
      'it s': 'old\n',
    },
  });
  const base = join(root, 'base');
  repository.clone(base);
  const wanted = join(root, 'wanted');
  repository.commit({
    log: 'two',
    write: {
      ...numbered('kept', 'new'),
      ...numbered('come/deep', 'new'),
      'big.c': long('new'),
      'ä.txt': 'ä\n',
      'it s': 'new\n',
    },
    remove: Object.keys(numbered('gone', '')),
  });
  repository.clone(wanted);
  if (type === 'hg') execFileSync('hg', ['pull', '-q'], { cwd: base, env: environment });
  const system = await versionControlOf({ ...repository.update, mode }, join(root, 'memory'));
  return { root, repository, system, mode, base, wanted: filesIn(wanted), old: filesIn(base) };
}

const ADMINISTRATION = new Set(['.svn', '.hg', 'CVS', '.git']);

/** Every file of a tree and what is in it, without what the client keeps for itself. */
export function filesIn(directory: string, prefix = '', files = new Map<string, string>()): Map<string, string> {
  for (const name of readdirSync(join(directory, prefix)).sort()) {
    if (ADMINISTRATION.has(name)) continue;
    const path = `${prefix}${name}`;
    const stat = lstatSync(join(directory, path));
    if (stat.isDirectory()) filesIn(directory, `${path}/`, files);
    else if (stat.isSymbolicLink()) files.set(path, `-> ${readlinkSync(join(directory, path))}`);
    else files.set(path, `${stat.mode & 0o100 ? 'x ' : ''}${readFileSync(join(directory, path), 'utf8')}`);
  }
  return files;
}

/** The mark of an update, which is written before it moves anything. */
async function leftBy({ system, repository }: Scene, checkout: Checkout): Promise<BrokenMove> {
  const local = await system.localChanges(checkout);
  const fetched = await system.fetch(checkout);
  if (local.kind === 'failed' || fetched.kind === 'failed')
    throw new Error(JSON.stringify([repository.type, local, fetched]));
  return { from: fetched.head, to: fetched.target, local: [...local.modified, ...local.conflicting] };
}

/** When a client is killed: at that one of its calls of that name. strace counts each name by itself. */
export interface Moment {
  readonly call: string;
  readonly nth: number;
}

/** An attempt to update a copy of a scene's checkout. */
export class Attempt {
  readonly scene: Scene;
  readonly source: string;
  readonly #bin: string;
  #left: BrokenMove | undefined;

  /** @param left by an earlier attempt, which found the same */
  constructor(scene: Scene, name: string, left?: BrokenMove) {
    this.#left = left;
    this.scene = scene;
    this.source = join(scene.root, name);
    this.#bin = join(scene.root, `${name}.bin`);
    // By cp: its copies keep the times, by which cvs and hg tell what was changed.
    execFileSync('cp', ['-a', scene.base, this.source]);
    mkdirSync(this.#bin);
  }

  /** @param when the client is killed at this one of the calls that change something; not at all if undefined */
  checkout(when?: Moment | 'counted'): Checkout {
    const { type } = this.scene.repository;
    const program = execFileSync('sh', ['-c', `command -v ${type}`])
      .toString()
      .trim();
    const inject = typeof when === 'object' ? `-e inject=${when.call}:signal=KILL:when=${when.nth}` : '';
    const strace = `exec strace -f -qq -o '${this.#calls}' -e trace=${CALLS} ${inject} ${program} "$@"`;
    const wrapper = join(this.#bin, type);
    writeFileSync(
      wrapper,
      `#!/bin/sh\ncase " $* " in *" -n "*) ;; *" update "*) ${strace};; esac\nexec ${program} "$@"\n`,
    );
    chmodSync(wrapper, 0o755);
    const traced = { ...environment, PATH: `${this.#bin}:${environment['PATH']}` };
    return { source: this.source, timeoutMs: 60_000, environment: when === undefined ? environment : traced };
  }

  get #calls(): string {
    return join(this.#bin, 'calls');
  }

  /** Each call that the last update made, as the moment right at it. */
  moments(): Moment[] {
    const counts = new Map<string, number>();
    return readFileSync(this.#calls, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
        if (call === undefined) return [];
        const nth = (counts.get(call) ?? 0) + 1;
        counts.set(call, nth);
        return [{ call, nth }];
      });
  }

  /** Moves the checkout, or has the client killed in the middle of it. */
  /** What the last move leaves when it breaks off. */
  get left(): BrokenMove {
    if (this.#left === undefined) throw new Error('nothing was moved');
    return this.#left;
  }

  /** Moves the checkout, or has the client killed in the middle of it. */
  async move(when?: Moment | 'counted'): Promise<string> {
    this.#left ??= await leftBy(this.scene, this.checkout());
    const result = await this.scene.system.move(this.checkout(when), {
      kind: 'fetched',
      head: this.#left.from,
      target: this.#left.to,
      news: true,
    });
    return result.kind;
  }

  async repair(when?: Moment): Promise<RepairResult> {
    return this.scene.system.repair(this.checkout(when), this.left);
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.source, path, '..'), { recursive: true });
    writeFileSync(join(this.source, path), text);
  }

  files(): Map<string, string> {
    return filesIn(this.source);
  }
}

/** Some of them, evenly spread, with a little of chance that a seed decides. */
export function some<T>(of: readonly T[], count: number, seed: number): T[] {
  let state = seed;
  const chance = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return Array.from({ length: count }, (_, i) => of[Math.floor(((i + chance()) * of.length) / count)] as T);
}
