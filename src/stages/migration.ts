import type { Coordination, Primary, Project } from '../config/project.js';
import type { Keys } from '../coordination/keys.js';
import { LineJournal, LineJournalError } from '../coordination/line-journal.js';
import { type AwayFromEtcd, lookInEtcd } from '../coordination/look.js';
import { movedText } from '../coordination/moved.js';
import { EtcdError } from '../etcd/error.js';
import type { Etcd } from '../etcd/etcd.js';
import { MigrationHold } from './migration-hold.js';
import { certain, describeMove, MigrationLost, type Move, NotMovable, type Shared } from './migration-move.js';
import { clearLeft, type Standing, standingOf } from './migration-obstacles.js';
import { followerToEtcd, headHere, lookAtLine, primaryToEtcd } from './migration-to-etcd.js';
import { primaryToFiles, proveFiles } from './migration-to-files.js';
import { leads } from './primary-of.js';
import type { RunContext } from './run-context.js';
import type { LockStatus } from './status.js';

/** Where a project moves. */
export type Direction = 'etcd' | 'files';

/** How it ended. */
export type Migration =
  /** With what was done, or would be. */
  | { readonly kind: 'moved'; readonly moves: readonly Move[] }
  | { readonly kind: 'planned'; readonly moves: readonly Move[] }
  /** Nothing was done, because of these. */
  | { readonly kind: 'in-the-way'; readonly locks: readonly LockStatus[]; readonly claims: readonly string[] }
  | { readonly kind: 'not-movable'; readonly message: string }
  /** It stopped in its middle, and its locks stay until it is run again. */
  | { readonly kind: 'lost'; readonly message: string }
  | AwayFromEtcd;

export interface Migrating {
  readonly to: Direction;
  /** Only looks. */
  readonly dryRun: boolean;
  /** Asks a person, who may see what would be done; throws where the answer is no. */
  readonly confirm: (moves: readonly Move[]) => Promise<void>;
}

/**
 * Moves a project from files to etcd or back, while nothing of it runs: {@link MigrationHold} sees to that. What stands in files already, or
 * in etcd, is left as it is, so that doing it twice is as if it was done once. What etcd has is removed last, after a look whether the
 * files have all of it.
 *
 * @throws LockError, the system's error; what it holds stays then, and a repetition goes on
 */
export function migrate(
  project: Project,
  coordination: Coordination,
  migrating: Migrating,
  context: RunContext,
): Promise<Migration> {
  return lookInEtcd(coordination, (etcd, keys) => new Course(project, coordination, context, etcd, keys).go(migrating));
}

class Course {
  readonly #project: Project;
  readonly #coordination: Coordination;
  readonly #context: RunContext;
  readonly #etcd: Etcd;
  readonly #keys: Keys;

  constructor(project: Project, coordination: Coordination, context: RunContext, etcd: Etcd, keys: Keys) {
    this.#project = project;
    this.#coordination = coordination;
    this.#context = context;
    this.#etcd = etcd;
    this.#keys = keys;
  }

  async go({ to, dryRun, confirm }: Migrating): Promise<Migration> {
    const standing = await this.#standing(new Set());
    const inTheWay = obstructed(standing, to);
    if (inTheWay !== undefined) return inTheWay;
    try {
      const moves = await this.#plan(to);
      if (dryRun) return { kind: 'planned', moves };
      await confirm(moves);
    } catch (error) {
      if (!isAboutJournals(error)) throw error;
      return { kind: 'not-movable', message: error.message };
    }
    const by = `${this.#context.user} on ${this.#coordination.host}`;
    await clearLeft(standing, { etcd: this.#etcd, keys: this.#keys, by });
    return await this.#underHold(to);
  }

  async #underHold(to: Direction): Promise<Migration> {
    const hold = new MigrationHold();
    try {
      const taken = await hold.take(this.#project, this.#coordination, this.#context);
      const standing = await this.#standing(hold.runs);
      if (taken !== 'held' || standing.obstacles.length > 0) {
        await hold.release('discard');
        return obstructed(taken === 'held' ? standing : await this.#standing(new Set()), to) ?? GONE;
      }
      const moves = await (to === 'etcd' ? this.#toEtcd(hold) : this.#toFiles(hold));
      if (await hold.release('keep')) return { kind: 'moved', moves };
      return { kind: 'lost', message: 'all was moved, but its own locks could not be removed' };
    } catch (error) {
      if (isAboutJournals(error)) {
        await hold.release('keep');
        return { kind: 'not-movable', message: error.message };
      }
      const isHeld = hold.places.length > 0;
      await hold.abandon();
      const isOfEtcd = error instanceof MigrationLost || error instanceof EtcdError;
      if (!isHeld || !isOfEtcd) throw error;
      return { kind: 'lost', message: error.message };
    }
  }

  #standing(own: ReadonlySet<string>): Promise<Standing> {
    const { host } = this.#context;
    return standingOf(this.#project, this.#coordination, { etcd: this.#etcd, keys: this.#keys, host, own });
  }

  #journal(primary: string): LineJournal {
    return new LineJournal(this.#etcd, this.#keys, primary);
  }

  /** What would be done, as things are. */
  async #plan(to: Direction): Promise<readonly Move[]> {
    const moves: Move[] = [];
    const stands = new Map<string, ReadonlyMap<string, number>>();
    for (const primary of this.#primaries()) {
      if (to === 'files') moves.push(...(await this.#primaryToFiles(primary)));
      else {
        const planned = await this.#primaryToEtcd(primary);
        stands.set(primary.name, planned.comesTo);
        moves.push(...planned.moves);
      }
    }
    for (const [follower, leader] of this.#followers()) {
      if (to === 'files') moves.push(this.#followerToFiles(follower, leader));
      else {
        const stand = (stands.get(leader) ?? (await this.#journal(leader).cursors())).get(follower.name);
        moves.push(followerToEtcd(follower, leader, stand, (after) => this.#journal(leader).after(after)));
      }
    }
    return [...moves, ...this.#others()];
  }

  async #toEtcd(hold: MigrationHold): Promise<readonly Move[]> {
    const done: Move[] = [];
    for (const { build, shared, log } of hold.places) {
      if (shared === undefined) continue;
      const { moves, comesTo } = await this.#primaryToEtcd(build);
      await act(moves, shared, log);
      await this.#proveEtcd(build, comesTo);
      // From here on its runs may begin by etcd, once this has let them.
      certain(await shared.writer.write(shared.line.fence, [{ remove: this.#keys.moved }]));
      done.push(...moves);
    }
    for (const { build, log } of hold.places) {
      if (build.follows === undefined) continue;
      const journal = this.#journal(build.follows.primary);
      const stand = (await journal.cursors()).get(build.name);
      const move = followerToEtcd(build, build.follows.primary, stand, (after) => journal.after(after));
      await act([move], undefined, log);
      done.push(move);
    }
    return [...done, ...this.#others()];
  }

  async #toFiles(hold: MigrationHold): Promise<readonly Move[]> {
    const done: Move[] = [];
    for (const { build, shared, log } of hold.places) {
      if (shared === undefined) continue;
      const there = await lookAtLine(shared.journal);
      const moves = await this.#primaryToFiles(build);
      await act(moves, shared, log);
      proveFiles(build, this.#project, there);
      const followers = this.#followers().flatMap(([{ name }, leader]) => (leader === build.name ? [name] : []));
      const homes = [...new Set([...there.cursors.keys(), ...followers])].filter((name) => name !== build.name);
      const { user, now } = this.#context;
      const moved = movedText({ by: user, host: this.#coordination.host, since: now().toISOString() });
      certain(await shared.journal.remove({ homes, moved }, shared));
      log.line(`${build.name}: removed what etcd had of it`);
      done.push(...moves);
      if (there.head !== undefined) done.push({ build: build.name, verb: 'remove', text: 'what etcd had of it' });
    }
    done.push(...this.#followers().map(([follower, leader]) => this.#followerToFiles(follower, leader)));
    return [...done, ...this.#others()];
  }

  async #primaryToEtcd(primary: Primary): Promise<ReturnType<typeof primaryToEtcd>> {
    const journal = this.#journal(primary.name);
    const there = await lookAtLine(journal);
    return primaryToEtcd(primary, this.#project, there, there.head && (await journal.first()));
  }

  async #primaryToFiles(primary: Primary): Promise<readonly Move[]> {
    const journal = this.#journal(primary.name);
    return primaryToFiles(primary, this.#project, await lookAtLine(journal), journal);
  }

  /** What a follower had built stands in the files of its primary by now, and in its own. */
  #followerToFiles({ name }: Primary, leader: string): Move {
    const text = this.#project.builds.has(leader)
      ? `continues where it is when it is made a secondary of ${leader}`
      : `cannot follow ${leader} any more; its own files stay as they are`;
    return { build: name, text };
  }

  /** Whether etcd says what the files of a primary say. @throws NotMovable, EtcdError, LineJournalError */
  async #proveEtcd(primary: Primary, comesTo: ReadonlyMap<string, number>): Promise<void> {
    const journal = this.#journal(primary.name);
    const here = headHere(primary);
    const { head, cursors } = await lookAtLine(journal);
    const isThere = here === undefined || (head !== undefined && head.sequence >= here.sequence);
    const first = await journal.first();
    if (first !== undefined) await journal.after(first - 1);
    const late = [...comesTo].filter(([build, record]) => (cursors.get(build) ?? -1) < record);
    if (!isThere || late.length > 0)
      throw new NotMovable(`etcd does not have all that was put there for ${primary.name}`);
  }

  #primaries(): Primary[] {
    return [...this.#project.builds.values()].filter(leads);
  }

  /** With the names of those that they follow. */
  #followers(): (readonly [Primary, string])[] {
    return [...this.#project.builds.values()].flatMap((build) =>
      build.role === 'primary' && build.follows !== undefined ? [[build, build.follows.primary] as const] : [],
    );
  }

  #others(): Move[] {
    return [...this.#project.builds.values()].flatMap((build) => {
      if (build.role === 'secondary') {
        return [{ build: build.name, text: `stays a secondary of ${build.primary.name}, by the files of this host` }];
      }
      return build.update === undefined ? [{ build: build.name, text: 'shares nothing with other hosts' }] : [];
    });
  }
}

/** It was in the way when this wanted to begin, and is gone: another migration was a moment earlier. */
const GONE: Migration = { kind: 'in-the-way', locks: [], claims: [] };

/** What is wrong with them stays wrong until a person has decided. */
function isAboutJournals(error: unknown): error is Error {
  return error instanceof NotMovable || error instanceof LineJournalError;
}

function obstructed({ obstacles, claims }: Standing, to: Direction): Migration | undefined {
  // Locks by name have nothing in files; without [coordination] nothing would hold them.
  const held = to === 'files' ? claims : [];
  if (obstacles.length + held.length === 0) return undefined;
  return { kind: 'in-the-way', locks: obstacles, claims: held };
}

async function act(
  moves: readonly Move[],
  shared: Shared | undefined,
  log: { readonly line: (text: string) => void },
): Promise<void> {
  for (const move of moves) {
    await move.act?.(shared);
    log.line(describeMove(move, 'done'));
  }
}
