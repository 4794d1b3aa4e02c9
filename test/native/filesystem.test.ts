import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeFilesystem } from '../../src/locks/index.js';

test('the native front knows the file systems as TypeScript does', () => {
  const source = readFileSync('native/filesystem.c', 'utf8');
  const rows = [...source.matchAll(/\{(0x\w+), \{"([^"]+)", (\w+), STRATEGY_(\w+), (\d+)\}\}/g)];
  expect(rows.length).toBeGreaterThan(20);
  for (const [, magic, name, local, strategy, lockdirPollMs] of rows) {
    expect(describeFilesystem(Number(magic))).toEqual({
      name,
      reach: local === 'true' ? 'local' : 'network',
      strategy: strategy?.toLowerCase(),
      lockdirPollMs: Number(lockdirPollMs),
    });
  }
  const table = readFileSync('src/locks/filesystem.ts', 'utf8');
  expect(rows.length).toBe([...table.matchAll(/^ {2}\[0x/gm)].length);
});
