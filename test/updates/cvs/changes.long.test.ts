import { execFileSync } from 'node:child_process';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import type { VersionControl } from '../../../src/updates/version-control.js';
import { temporaryDirectory } from '../repository.js';
import { environment, makeRepository, missingFor, type SourceRepository } from '../systems/repositories.js';

/** A repository and a checkout of it that a person has made in some way. */
class Scene {
  readonly root = temporaryDirectory();
  readonly repository: SourceRepository = makeRepository('cvs', this.root);
  readonly source = join(this.root, 'source');
  readonly store = join(this.root, 'store');
  readonly checkout = { source: this.source, timeoutMs: 30_000, environment };

  constructor() {
    this.repository.commit({ log: 'one', write: { 'a.c': '1\n', 'lib/c.c': '1\n' } });
  }

  cvs(directory: string, ...args: readonly string[]): void {
    execFileSync('cvs', ['-Q', '-d', this.store, ...args], { cwd: directory, env: environment, stdio: 'pipe' });
  }

  system(): Promise<VersionControl> {
    return versionControlOf(this.repository.update, join(this.root, 'memory'));
  }

  /** What the report of an update says: author, path and message of each file. */
  async update(): Promise<string[]> {
    const system = await this.system();
    const fetched = await system.fetch(this.checkout);
    expect(fetched).toMatchObject({ kind: 'fetched', news: true });
    if (fetched.kind === 'failed') return [];
    expect(await system.move(this.checkout, fetched)).toEqual({ kind: 'moved' });
    const head = await system.currentRevision(this.checkout);
    if (head.kind === 'failed') throw new Error(head.message);
    expect(await system.proveTree(this.checkout, head.revision)).toEqual({ kind: 'proved', modified: [] });
    const found = await system.changesBetween(this.checkout, fetched.head, head.revision);
    if (found.kind === 'failed') throw new Error(found.message);
    expect(found.complete).toBe(true);
    return found.changes.flatMap(({ log, files }) =>
      files.map(({ path, status }) => `${path} ${status}: ${log.trim()}`.trim()),
    );
  }
}

describe.skipIf(missingFor('cvs').length > 0)('the changes of a CVS source', { timeout: 60_000 }, () => {
  test('that is all of a repository are those of its modules', async () => {
    const scene = new Scene();
    scene.cvs(scene.root, 'checkout', '-d', 'source', '.');
    scene.repository.commit({ log: 'two', write: { 'a.c': '2\n', 'lib/c.c': '2\n' } });
    expect(await scene.update()).toEqual(['module/a.c modified: two', 'module/lib/c.c modified: two']);
  });

  test('that is made of several modules are those of each', async () => {
    const scene = new Scene();
    scene.cvs(scene.root, 'checkout', '-d', 'settings', 'CVSROOT');
    appendFileSync(join(scene.root, 'settings/modules'), 'both &module &deep\ndeep -d deep module/lib\n');
    scene.cvs(join(scene.root, 'settings'), 'commit', '-m', 'modules');
    scene.cvs(scene.root, 'checkout', '-d', 'source', 'both');
    scene.repository.commit({ log: 'two', write: { 'a.c': '2\n', 'lib/c.c': '2\n' } });
    const two = ['deep/c.c', 'module/a.c', 'module/lib/c.c'].map((path) => `${path} modified: two`);
    expect((await scene.update()).sort()).toEqual(two);
  });

  test('with a checkout of another repository in it are those of both', async () => {
    const [scene, other] = [new Scene(), new Scene()];
    scene.cvs(scene.root, 'checkout', '-d', 'source', 'module');
    other.cvs(scene.source, 'checkout', '-d', 'nested', 'module');
    scene.repository.commit({ log: 'here', write: { 'a.c': '2\n' } });
    other.repository.commit({ log: 'there', write: { 'a.c': '2\n' } });
    expect((await scene.update()).sort()).toEqual(['a.c modified: here', 'nested/a.c modified: there']);
  });

  test('of which an administrator has taken one away say nothing of that one', async () => {
    const scene = new Scene();
    scene.cvs(scene.root, 'checkout', '-d', 'source', 'module');
    scene.repository.commit({ log: 'two', write: { 'a.c': '2\n' } });
    renameSync(join(scene.store, 'module/lib/c.c,v'), join(scene.store, 'c.c,v'));
    expect(await scene.update()).toEqual(['a.c modified: two', 'lib/c.c deleted:']);
  });

  test('are those of another place when a directory comes from there, with the same revisions', async () => {
    const scene = new Scene();
    scene.repository.commit({ log: 'two', write: { 'other/c.c': 'another\n' } });
    scene.cvs(scene.root, 'checkout', '-d', 'source', 'module');
    const before = await (await scene.system()).currentRevision(scene.checkout);
    for (const name of ['CVS/Repository', 'CVS/Root']) {
      const text = name === 'CVS/Root' ? scene.store : 'module/other';
      writeFileSync(join(scene.source, 'lib', name), `${text}\n`);
    }
    const after = await (await scene.system()).currentRevision(scene.checkout);
    expect(after.kind).toBe('revision');
    expect(after).not.toEqual(before);
  });
});
