import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proveTree } from '../../../src/updates/hg/prove.js';
import type { Checkout } from '../../../src/updates/version-control.js';
import { temporaryDirectory } from '../repository.js';
import { environment, missingFor } from '../systems/repositories.js';

const missing = [...missingFor('hg'), ...missingFor('svn')];

test.skipIf(missing.length > 0)(
  'local changes in a subrepository of Subversion are listed',
  { timeout: 120_000 },
  async () => {
    const root = temporaryDirectory();
    const [store, source] = [join(root, 'store'), join(root, 'source')];
    const inside = join(source, 'sub');
    const run = (program: string, ...args: string[]): string =>
      execFileSync(program, args, { cwd: root, env: environment }).toString();
    run('svnadmin', 'create', store);
    run('hg', 'init', source);
    run('svn', 'checkout', '-q', `file://${store}`, inside);
    writeFileSync(join(inside, 's.c'), 'int s = 1;\n');
    run('svn', 'add', '-q', join(inside, 's.c'));
    run('svn', 'commit', '-q', '-m', 'one', inside);
    run('svn', 'update', '-q', inside);
    appendFileSync(join(source, '.hg', 'hgrc'), '[subrepos]\nsvn:allowed = true\n');
    writeFileSync(join(source, '.hgsub'), `sub = [svn]file://${store}\n`);
    run('hg', '-R', source, 'commit', '-q', '-A', '-u', 'ann', '-m', 'one');
    const revision = run('hg', '-R', source, 'log', '-r', '.', '-T', '{node}');
    const checkout: Checkout = { source, timeoutMs: 60_000, environment };
    expect(await proveTree('fast-forward', checkout, revision)).toEqual({ kind: 'proved', modified: [] });
    writeFileSync(join(inside, 's.c'), 'mine\n');
    expect(await proveTree('fast-forward', checkout, revision)).toEqual({ kind: 'proved', modified: ['sub/s.c'] });
  },
);
