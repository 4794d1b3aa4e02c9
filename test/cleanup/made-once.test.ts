import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clean, objectDirectory } from './cleaner.js';

const DIGEST = '0123456789abcdef'.repeat(4);
const FACTS = ['wanted', 'a.o.made', `${DIGEST}.probe`, '.1234.0123456789abcdef.tmp'];

function leave(directory: string, names: readonly string[], hours: number): string {
  const path = join(directory, '.made-once');
  mkdirSync(path, { recursive: true });
  const when = Date.now() / 1000 - hours * 3600;
  for (const name of names) {
    writeFileSync(join(path, name), '');
    utimesSync(join(path, name), when, when);
  }
  return path;
}

test('facts older than a day go, and then their directory', async () => {
  const directory = objectDirectory();
  const path = leave(directory, FACTS, 25);
  const { findings, code } = await clean(directory);
  expect(existsSync(path)).toBe(false);
  expect(findings).toMatchObject([{ path, what: 'facts', fate: 'removed', why: '4 files older than a day' }]);
  expect(code).toBe(0);
});

test('younger ones stay, and what is no fact', async () => {
  const directory = objectDirectory();
  const path = leave(directory, FACTS, 25);
  leave(directory, ['b.o.made'], 1);
  leave(directory, ['notes'], 25);
  symlinkSync('../somewhere', join(path, 'c.o.made'));
  await clean(directory);
  expect(readdirSync(path).sort()).toEqual(['b.o.made', 'c.o.made', 'notes']);
});
