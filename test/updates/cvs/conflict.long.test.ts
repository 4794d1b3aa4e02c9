import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { temporaryDirectory } from '../repository.js';
import { environment, makeRepository, missingFor } from '../systems/repositories.js';

test.skipIf(missingFor('cvs').length > 0).each([
  ['changed', 'b.c'],
  ['added', 'n.c'],
])(
  'of what comes between the look and the update, a file that somebody else has %s, each command is advised once, and helps',
  {
    timeout: 60_000,
  },
  async (_what, path) => {
    const root = temporaryDirectory();
    const repository = makeRepository('cvs', root);
    const source = join(root, 'source');
    repository.commit({ log: 'one', write: { 'a.c': '1\n', 'b.c': '1\n' } });
    repository.clone(source);
    const system = await versionControlOf(repository.update, join(root, 'memory'));
    const checkout = { source, timeoutMs: 30_000, environment };
    repository.commit({ log: 'two', write: { 'a.c': '2\n' } });
    const fetched = await system.fetch(checkout);
    if (fetched.kind === 'failed') throw new Error(fetched.message);
    writeFileSync(join(source, path), 'mine\n');
    repository.commit({ log: 'three', write: { [path]: 'theirs\n' } });
    const moved = await system.move(checkout, fetched);
    if (moved.kind !== 'broken') throw new Error(`not broken, but ${moved.kind}`);
    const left = { from: fetched.head, to: fetched.target, local: path === 'b.c' ? [path] : [] };
    const refused = await system.repair(checkout, left);
    if (refused.kind !== 'refused') throw new Error(`not refused, but ${refused.kind}`);
    const commands = `${moved.message}\n${refused.message}`.split('\n').filter((line) => line.startsWith('  mv '));
    for (const command of commands) execFileSync('sh', ['-ec', command]);
    expect(await system.repair(checkout, left)).toMatchObject({ kind: 'whole' });
    expect(readFileSync(join(source, path), 'utf8')).toBe('theirs\n');
    expect(readFileSync(join(source, `${path}.mine`), 'utf8')).toContain('mine\n');
  },
);
