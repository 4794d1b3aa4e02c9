import { execFileSync } from 'node:child_process';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { temporaryDirectory } from '../repository.js';
import { environment, makeRepository, missingFor } from '../systems/repositories.js';

describe.skipIf(missingFor('cvs').length > 0)('the proof of a CVS source', { timeout: 60_000 }, () => {
  test('lists changed files whose names are not UTF-8, and knows two of them apart', async () => {
    const root = temporaryDirectory();
    const repository = makeRepository('cvs', root);
    const [work, source] = [join(root, 'work'), join(root, 'source')];
    const shell = (directory: string, line: string): void =>
      void execFileSync('sh', ['-ec', line], { cwd: directory, env: environment, stdio: 'pipe' });
    const name = (byte: number): Buffer => Buffer.concat([Buffer.from(`${source}/caf`), Buffer.from([byte])]);
    shell(work, 'for n in 350 351; do echo 1 > "$(printf "caf\\\\$n")"; done; cvs -Q add caf*; cvs -Q commit -m n');
    repository.clone(source);
    const system = await versionControlOf(repository.update, join(root, 'memory'));
    const checkout = { source, timeoutMs: 30_000, environment };
    const before = await system.currentRevision(checkout);
    if (before.kind === 'failed') throw new Error(before.message);
    writeFileSync(name(0xe9), 'mine\n');
    const modified = ['caf[NON-UTF-8-BYTE-0xE9]'];
    expect(await system.proveTree(checkout, before.revision)).toEqual({ kind: 'proved', modified });
    shell(work, 'for n in 350; do echo 2 > "$(printf "caf\\\\$n")"; done; cvs -Q commit -m n');
    shell(source, 'cvs -Q update "$(printf "caf\\\\350")"');
    expect(await system.currentRevision(checkout)).not.toEqual(before);
  });

  test('asks no server as long as no file was written again, and believes the worst when it is away', async () => {
    const root = temporaryDirectory();
    const repository = makeRepository('cvs', root);
    repository.commit({ log: 'one', write: { 'a.c': '1\n', 'b.c': '1\n' } });
    const source = join(root, 'source');
    repository.clone(source);
    const system = await versionControlOf(repository.update, join(root, 'memory'));
    const checkout = { source, timeoutMs: 30_000, environment };
    const head = await system.currentRevision(checkout);
    if (head.kind === 'failed') throw new Error(head.message);
    repository.vanish();
    expect(await system.proveTree(checkout, head.revision)).toEqual({ kind: 'proved', modified: [] });
    utimesSync(join(source, 'a.c'), 1, 1);
    expect(await system.proveTree(checkout, head.revision)).toEqual({ kind: 'proved', modified: ['a.c'] });
    repository.reappear();
    expect(await system.proveTree(checkout, head.revision)).toEqual({ kind: 'proved', modified: [] });
  });

  test.each([
    ['an update', 'cvs -Q update'],
    ['an update of a file', 'cvs -Q update -r 1.1 a.c'],
    ['a branch', 'cvs -Q update -r SIDE'],
    ['an added file', 'touch n.c; cvs -Q add n.c'],
    ['a removed file', 'cvs -Q remove -f b.c'],
    ['other keywords', 'cvs -Q update -ko b.c'],
    ['another directory in its place', 'rm -rf lib; cvs -Q checkout -d lib module'],
  ])('is asked for again after %s', async (_what, line) => {
    const root = temporaryDirectory();
    const repository = makeRepository('cvs', root);
    repository.commit({ log: 'one', write: { 'a.c': '1\n', 'b.c': '1\n', 'lib/a.c': '1\n' } });
    execFileSync('cvs', ['-Q', 'tag', '-b', 'SIDE'], { cwd: join(root, 'work'), env: environment });
    const source = join(root, 'source');
    repository.clone(source);
    repository.commit({ log: 'two', write: { 'lib/a.c': '2\n' } });
    const system = await versionControlOf(repository.update, join(root, 'memory'));
    const checkout = { source, timeoutMs: 30_000, environment };
    const before = system.signOf(checkout);
    await system.localChanges(checkout);
    expect(system.signOf(checkout)).toBe(before);
    execFileSync('sh', ['-ec', line], { cwd: source, env: environment, stdio: 'pipe' });
    expect(before).toBeDefined();
    expect(system.signOf(checkout)).not.toBe(before);
  });
});
