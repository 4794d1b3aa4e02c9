import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { missingFor } from '../systems/repositories.js';
import { define, pushTheirs, theirs, withExternals } from '../zoo/svn-world.js';
import { World } from '../zoo/world.js';

const missing = missingFor('svn');

async function sourceOf(world: World) {
  const system = await versionControlOf({ ...world.repository.update, mode: world.mode }, join(world.root, 'memory'));
  const checkout = { source: world.source, timeoutMs: 60_000, environment: world.environment };
  const revision = async (): Promise<string> => {
    const head = await system.currentRevision(checkout);
    if (head.kind === 'failed') throw new Error(head.message);
    return head.revision;
  };
  return { system, checkout, revision, sign: () => system.signOf(checkout) };
}

describe.skipIf(missing.length > 0)(`a source in Subversion (missing: ${missing.join(', ')})`, () => {
  test('is proved in its place, its revision and its externals', async () => {
    const world = World.make('svn', 'fast-forward', withExternals);
    const { system, checkout, revision } = await sourceOf(world);
    const is = await revision();
    expect(is).toBe('4+^/trunk+ext@2+ext/inner%20one@1+lib/pin@1+linked.c@3');
    expect(await system.proveTree(checkout, is)).toEqual({ kind: 'proved', modified: [] });
    world.append('a.c', 'int mine;\n');
    world.append('ext/x.c', 'int mine;\n');
    expect(await system.proveTree(checkout, is)).toEqual({ kind: 'proved', modified: ['a.c', 'ext/x.c'] });
    for (const other of ['3', '4+^/other', '4+^/trunk', '4+^/trunk+ext@1']) {
      const proof = await system.proveTree(checkout, is.replace(/^4.*/, other));
      expect(proof).toMatchObject({ kind: 'faulty', faults: [{ what: `it is at ${is} instead of ${other}` }] });
    }
  });

  test('has another sign after whatever a client does to it, and the same after a look', async () => {
    const world = World.make('svn', 'fast-forward', withExternals);
    const { system, checkout, revision, sign } = await sourceOf(world);
    expect(sign(), 'nobody has looked where there are externals').toBeUndefined();
    const is = await revision();
    let before = sign();
    expect(before).toBeDefined();
    await system.proveTree(checkout, is);
    await system.localChanges(checkout);
    world.run('svn', 'status');
    world.append('b.c', 'a person\n');
    expect(sign()).toBe(before);
    for (const args of [
      ['update', '-q', '-r2', 'b.c'],
      ['update', '-q', '-r1', 'ext'],
      ['update', '-q', '-r1', 'ext/inner one'],
      ['update', '-q'],
      ['propset', '-q', 'a', 'b', 'lib/pin'],
      ['revert', '-q', 'b.c'],
      ['delete', '-q', 'b.c'],
      ['switch', '-q', '--ignore-ancestry', '^/other'],
    ]) {
      world.run('svn', ...args);
      expect(sign(), args.join(' ')).not.toBe(before);
      before = sign();
    }
    renameSync(join(world.source, '.svn', 'wc.db'), join(world.root, 'wc.db'));
    expect(sign()).toBeUndefined();
  });

  test('names who has changed what comes from elsewhere, and in which revision', async () => {
    const world = World.make('svn', 'fast-forward', withExternals);
    const { system, checkout, revision } = await sourceOf(world);
    const before = await revision();
    world.push({ author: 'carl', write: { 'b.c': 'int b;\n' } });
    const work = join(world.root, 'theirs-work');
    writeFileSync(join(work, 'lib', 'x.c'), 'int x = 3;\n');
    world.runIn(work, 'svn', 'commit', '-q', '--username', 'bob', '-m', 'theirs');
    const fetched = await system.fetch(checkout);
    if (fetched.kind === 'failed') throw new Error(fetched.message);
    expect(await system.move(checkout, fetched)).toEqual({ kind: 'moved' });
    const found = await system.changesBetween(checkout, before, await revision());
    expect(found).toMatchObject({
      changes: [
        { author: 'carl', log: 'news', revision: '5', files: [{ path: 'b.c' }] },
        { author: 'bob', log: 'theirs', revision: '3@ext', files: [{ path: 'ext/x.c' }] },
      ],
    });
  });

  test('names who has changed what a definition moves on', async () => {
    const world = World.make('svn', 'fast-forward', withExternals);
    const { system, checkout, revision } = await sourceOf(world);
    const before = await revision();
    pushTheirs(world, { 'lib/sub/y.c': 'int y = 2;\n' });
    define(world, [
      `${theirs(world, 'lib')} ext`,
      `-r3 ${theirs(world, 'lib/sub')} 'lib/pin'`,
      '^/other/linked.c linked.c',
    ]);
    const fetched = await system.fetch(checkout);
    if (fetched.kind === 'failed') throw new Error(fetched.message);
    const moved = await system.move(checkout, fetched);
    expect(moved).toEqual({ kind: 'moved', revision: await revision() });
    const found = await system.changesBetween(checkout, before, await revision());
    const changes = found.kind === 'changes' ? found.changes : [];
    expect(changes.map(({ author, files }) => [author, ...files.map(({ path }) => path)])).toContainEqual([
      'bob',
      'lib/pin/y.c',
    ]);
  });

  test('is mended by commands that svn understands where a file of another place is missing', async () => {
    const world = World.make('svn', 'fast-forward', withExternals);
    const { system, checkout, revision } = await sourceOf(world);
    const is = await revision();
    rmSync(join(world.source, 'linked.c'));
    const proof = await system.proveTree(checkout, is);
    const advice = proof.kind === 'faulty' ? [...new Set(proof.faults.flatMap((fault) => fault.advice))] : [];
    expect(advice).toEqual([`svn update -r 4 --accept postpone ${world.source}@`]);
    for (const command of advice) world.run('sh', '-c', command);
    expect(await system.proveTree(checkout, is)).toEqual({ kind: 'proved', modified: [] });
  });

  test('is followed into a directory of a working copy, by a link', async () => {
    const world = World.make('svn', 'fast-forward');
    execFileSync('ln', ['-s', join(world.source, 'lib'), join(world.root, 'linked')]);
    const { system, checkout } = await sourceOf(world);
    const linked = { ...checkout, source: join(world.root, 'linked') };
    const head = await system.currentRevision(linked);
    expect(head).toEqual({ kind: 'revision', revision: '2+^/trunk/lib' });
    expect(system.signOf(linked)).toBeDefined();
    rmSync(join(world.source, 'lib', 'c.c'));
    mkdirSync(join(world.source, 'lib', 'c.c'));
    expect(await system.proveTree(linked, '2+^/trunk/lib')).toMatchObject({
      kind: 'faulty',
      faults: [{ what: 'something else in the place of', paths: ['c.c'], advice: [expect.stringContaining('mv ')] }],
      mendable: false,
    });
  });
});
