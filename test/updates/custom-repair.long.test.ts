import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionControlOf } from '../../src/updates/chosen-system.js';
import type { SystemName } from '../../src/updates/record.js';
import type { BrokenMove, Checkout, VersionControl } from '../../src/updates/version-control.js';
import { temporaryDirectory } from './repository.js';
import { filesIn } from './systems/broken.js';
import { environment, makeRepository, missingFor } from './systems/repositories.js';

interface Scene {
  readonly source: string;
  readonly system: VersionControl;
  readonly checkout: Checkout;
  readonly wanted: ReadonlyMap<string, string>;
  /** What the command does. */
  does(script: string): void;
  left(): Promise<BrokenMove>;
}

const git = (source: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd: source, env: environment }).toString();

/** A checkout with news, which a script brings. */
async function sceneOf(type: SystemName): Promise<Scene> {
  const root = temporaryDirectory();
  const repository = makeRepository(type, root);
  repository.commit({ log: 'one', write: { a: '1\n', b: '1\n', mine: '1\n' } });
  const [source, wanted] = [join(root, 'source'), join(root, 'wanted')];
  repository.clone(source);
  repository.commit({ log: 'two', write: { a: '2\n', b: '2\n', c: '2\n' } });
  repository.clone(wanted);
  const script = join(root, 'update.sh');
  const system = await versionControlOf({ ...repository.update, command: ['sh', script] }, join(root, 'memory'));
  const checkout = { source, timeoutMs: 60_000, environment };
  return {
    source,
    system,
    checkout,
    wanted: filesIn(wanted),
    does: (text) => writeFileSync(script, text),
    async left() {
      const head = await system.currentRevision(checkout);
      const local = await system.localChanges(checkout);
      if (head.kind === 'failed' || local.kind === 'failed') throw new Error(JSON.stringify([head, local]));
      return { from: head.revision, to: undefined, local: [...local.modified, ...local.conflicting] };
    },
  };
}

const needs = (type: SystemName) => test.skipIf(missingFor(type).length > 0);

describe('an update by a command that was killed in its middle', () => {
  needs('git')('is repaired when the command ends well and the tree shows it: git', async () => {
    const { source, system, checkout, wanted, does, left } = await sceneOf('git');
    does('git fetch -q origin && git merge -q --ff-only origin/main');
    const mark = await left();
    // As a git that was killed while it wrote the files.
    git(source, 'fetch', '-q', 'origin');
    writeFileSync(join(source, 'a'), '2\n');
    writeFileSync(join(source, 'c'), '');
    writeFileSync(join(source, '.git/index.lock'), '');
    expect(await system.repair(checkout, mark)).toMatchObject({ kind: 'whole' });
    expect(filesIn(source)).toEqual(wanted);
  });

  needs('git')('is not when the command fails', async () => {
    const { source, system, checkout, does, left } = await sceneOf('git');
    does('echo no mirror >&2; exit 3');
    const mark = await left();
    expect(await system.repair(checkout, mark)).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('no mirror'),
    });
    expect(readFileSync(join(source, 'a'), 'utf8')).toBe('1\n');
  });

  needs('git')('is not when a file differs that did not before, which stays as it is', async () => {
    const { source, system, checkout, does, left } = await sceneOf('git');
    does('git fetch -q origin');
    writeFileSync(join(source, 'mine'), 'before\n');
    const mark = await left();
    writeFileSync(join(source, 'b'), 'since\n');
    expect(await system.repair(checkout, mark)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/\bb\b/),
    });
    expect(readFileSync(join(source, 'b'), 'utf8')).toBe('since\n');
    git(source, 'checkout', 'b');
    expect(await system.repair(checkout, mark)).toMatchObject({ kind: 'whole' });
    expect(readFileSync(join(source, 'mine'), 'utf8')).toBe('before\n');
  });

  needs('git')('is not when git is in the middle of something, whatever the command says', async () => {
    const { source, system, checkout, does, left } = await sceneOf('git');
    does(
      `git commit -q --allow-empty -m here; git fetch -q origin; git merge -q --no-ff --no-commit origin/main; exit 0`,
    );
    const mark = await left();
    expect(await system.repair(checkout, mark)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('MERGE_HEAD'),
    });
    git(source, 'merge', '--abort');
    const fetched = await system.fetch(checkout);
    if (fetched.kind === 'failed') throw new Error(fetched.message);
    expect(await system.move(checkout, fetched)).toMatchObject({
      kind: 'broken',
      message: expect.stringContaining('MERGE_HEAD'),
    });
  });

  needs('svn')('is repaired when the command ends well and the tree shows it: svn', async () => {
    const { source, system, checkout, wanted, does, left } = await sceneOf('svn');
    does('svn update -q --non-interactive');
    const mark = await left();
    const inject = ['-qq', '-f', '-o', '/dev/null', '-e', 'trace=rename', '-e', 'inject=rename:signal=KILL:when=2'];
    spawnSync('strace', [...inject, 'svn', 'update', '-q'], { cwd: source, env: environment });
    expect(await system.repair(checkout, mark)).toMatchObject({ kind: 'whole' });
    expect(filesIn(source)).toEqual(wanted);
  });

  needs('svn')('is not when the command leaves a conflict: svn', async () => {
    const { source, system, checkout, does, left } = await sceneOf('svn');
    does('svn update -q --non-interactive --accept postpone');
    writeFileSync(join(source, 'c'), 'by hand\n');
    const mark = await left();
    expect(await system.repair(checkout, mark)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/conflicts in c\b/),
    });
    expect(existsSync(join(source, 'c'))).toBe(true);
    expect(readFileSync(join(source, 'c'), 'utf8')).toBe('by hand\n');
  });
});
