import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { journalDirectory } from '../../../src/updates/journal.js';
import type { SystemName } from '../../../src/updates/record.js';
import { environment } from '../systems/repositories.js';
import type { Mode, State } from './state.js';
import { World } from './world.js';

type Begin = State['begin'];

/**
 * Worlds before anything happens to them. Each kind is made once and copied, always to the same place, since clients and
 * stagelock note absolute paths: one world at a time.
 */
export class PreparedWorlds {
  readonly #type: SystemName;
  readonly #mode: Mode;
  readonly #top = mkdtempSync(join(tmpdir(), 'stagelock-zoo-'));
  /** In the order of their first use; the place of each is its name. */
  readonly #beginnings: Begin[] = [];

  constructor(type: SystemName, mode: Mode) {
    this.#type = type;
    this.#mode = mode;
  }

  remove(): void {
    rmSync(this.#top, { recursive: true, force: true });
  }

  /** Both builds have built all there is. */
  async built(begin: Begin): Promise<World> {
    return this.#copied('built', begin, async () => {
      const world = World.make(this.#type, this.#mode, begin, this.#emptied());
      for (const build of ['main', 'other'] as const)
        expect(world.build(build), build).toMatchObject({ code: 0, stderr: '' });
    });
  }

  /** There are news since then, which only the primary has built. */
  async pending(begin: Begin): Promise<World> {
    return this.#copied('pending', begin, async () => {
      const world = await this.built(begin);
      world.push({ write: { 'pending.c': 'int pending;\n' } });
      expect(world.build('main')).toMatchObject({ code: 0, stderr: '' });
    });
  }

  get #root(): string {
    return join(this.#top, 'world');
  }

  #emptied(): string {
    rmSync(this.#root, { recursive: true, force: true });
    mkdirSync(this.#root);
    return this.#root;
  }

  async #copied(kind: string, begin: Begin, make: () => Promise<void>): Promise<World> {
    const kept = join(this.#top, `${kind}-${this.#numberOf(begin)}`);
    if (!existsSync(kept)) {
      await make();
      execFileSync('cp', ['-a', this.#root, kept]);
    } else {
      rmSync(this.#root, { recursive: true, force: true });
      execFileSync('cp', ['-a', kept, this.#root]);
    }
    const world = new World(this.#type, this.#mode, this.#root);
    await settle(world);
    return world;
  }

  #numberOf(begin: Begin): number {
    const at = this.#beginnings.indexOf(begin);
    return at < 0 ? this.#beginnings.push(begin) - 1 : at;
  }
}

/** Files that were copied have other numbers and times of their entries, by which git and stagelock know them. */
async function settle({ type, mode, root, source, repository }: World): Promise<void> {
  if (type === 'git')
    for (const cwd of [source, join(root, 'work')])
      execFileSync('git', ['update-index', '-q', '--refresh'], { cwd, env: environment });
  const file = join(journalDirectory(join(root, 'main')), 'proof.json');
  // hg may have noted times while it was looked at, and the next run looks again.
  if (!existsSync(file)) return;
  const system = await versionControlOf({ ...repository.update, mode }, join(root, 'memory'));
  const sign = system.signOf({ source, timeoutMs: 60_000 });
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), sign }));
}
