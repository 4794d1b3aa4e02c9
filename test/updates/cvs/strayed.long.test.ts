import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UpdateSource } from '../../../src/config/project.js';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import type { Checkout, VersionControl } from '../../../src/updates/version-control.js';
import { temporaryDirectory } from '../repository.js';
import { environment, makeRepository, missingFor } from '../systems/repositories.js';

/** A source that follows what it is bound to: the options of its update have neither `-A` nor `-r`. */
class Bound {
  readonly root = temporaryDirectory();
  readonly repository = makeRepository('cvs', this.root);
  readonly source = join(this.root, 'source');
  readonly checkout: Checkout = { source: this.source, timeoutMs: 30_000, environment };

  constructor() {
    this.repository.commit({ log: 'one', write: { 'a.c': '1\n', 'b.c': '1\n', 'lib/c.c': '1\n' } });
    this.repository.commit({ log: 'two', write: { 'a.c': '2\n', 'lib/c.c': '2\n' } });
    this.shell('work', 'cvs -Q tag -b SIDE');
    this.repository.clone(this.source);
  }

  shell(directory: string, line: string): void {
    execFileSync('sh', ['-ec', line], { cwd: join(this.root, directory), env: environment, stdio: 'pipe' });
  }

  system(): Promise<VersionControl> {
    const update = { ...this.repository.update, options: ['-d', '-P'] } as UpdateSource;
    return versionControlOf(update, join(this.root, 'memory'));
  }

  /** @returns why it was refused; undefined when there is nothing to do any more */
  async update(asOf?: Date): Promise<string | undefined> {
    const system = await this.system();
    const fetched = await system.fetch(this.checkout, asOf);
    if (fetched.kind === 'failed') return fetched.message;
    if (fetched.news) expect(await system.move(this.checkout, fetched)).toEqual({ kind: 'moved' });
    expect(await system.fetch(this.checkout, asOf)).toMatchObject({ kind: 'fetched', news: false });
    return undefined;
  }

  text(path: string): string {
    return readFileSync(join(this.source, path), 'utf8');
  }
}

describe.skipIf(missingFor('cvs').length > 0)('a CVS source without -A', { timeout: 120_000 }, () => {
  test.each([
    ['a file at a revision', 'cvs -Q update -r 1.1 a.c', 'a.c'],
    ['a directory at a revision', 'cvs -Q update -r 1.1 lib', 'lib'],
    ['a directory on a branch', 'cvs -Q update -r SIDE lib', 'lib'],
    ['a file of the trunk on a branch', 'cvs -Q update -r SIDE; cvs -Q update -A a.c', 'a.c'],
    ['a file at a revision, with local changes to another one', 'echo mine > b.c; cvs -Q update -r 1.1 a.c', 'a.c'],
  ])('is not updated with %s', async (_what, line, path) => {
    const bound = new Bound();
    expect(await bound.update()).toBeUndefined();
    bound.shell('source', line);
    const refused = (await bound.update()) ?? '';
    expect(refused).toMatch(new RegExp(`follows: ${path}$`, 'm'));
    for (const command of refused.split('\n').filter((text) => text.startsWith('  cd '))) bound.shell('.', command);
    expect(await bound.update()).toBeUndefined();
    expect([bound.text('a.c'), bound.text('lib/c.c')]).toEqual(['2\n', '2\n']);
  });

  test.each([
    ['trunk', ''],
    ['branch', 'cvs -Q update -r SIDE'],
  ])('is on its %s after a Nightly, and follows that again', async (where, line) => {
    const bound = new Bound();
    if (line !== '') for (const directory of ['source', 'work']) bound.shell(directory, line);
    const before = new Date();
    bound.shell('work', 'sleep 1; echo 3 > a.c; cvs -Q commit -m three');
    expect(await bound.update(before)).toBeUndefined();
    expect(bound.text('a.c')).toBe('2\n');
    expect(await bound.update()).toBeUndefined();
    expect(bound.text('a.c')).toBe('3\n');
    bound.shell('source', where === 'trunk' ? '! test -f CVS/Tag' : 'grep -q SIDE CVS/Tag');
  });

  test('may have a directory from elsewhere that follows something else', async () => {
    const bound = new Bound();
    bound.shell('source', 'cvs -Q checkout -r SIDE -d nested module/lib');
    expect(await bound.update()).toBeUndefined();
  });
});

test.skipIf(missingFor('cvs').length > 0)('another module with the same revisions is another revision', async () => {
  const bound = new Bound();
  const before = await (await bound.system()).currentRevision(bound.checkout);
  bound.shell('.', 'cp -a store/module store/other; cvs -Q -d "$PWD/store" checkout -d elsewhere other');
  rmSync(bound.source, { recursive: true });
  renameSync(join(bound.root, 'elsewhere'), bound.source);
  const after = await (await bound.system()).currentRevision(bound.checkout);
  expect(after.kind).toBe('revision');
  expect(after).not.toEqual(before);
});

test.skipIf(missingFor('cvs').length > 0)('the options that follow a branch, as they are advised, do', async () => {
  const bound = new Bound();
  bound.shell('source', 'cvs -Q update -r SIDE');
  const update = (options: readonly string[]): UpdateSource =>
    ({ ...bound.repository.update, options: [...options] }) as UpdateSource;
  const advised = await versionControlOf(update(['-d', '-A', '-P']), join(bound.root, 'memory'));
  const refused = await advised.fetch(bound.checkout);
  const options = refused.kind === 'failed' ? (/: options = (\[.*\])\):/.exec(refused.message)?.[1] ?? '') : '';
  expect(JSON.parse(options)).toEqual(['-d', '-P', '-rSIDE']);
  const following = await versionControlOf(update(JSON.parse(options)), join(bound.root, 'memory'));
  expect(await following.fetch(bound.checkout)).toMatchObject({ kind: 'fetched', news: false });
});
