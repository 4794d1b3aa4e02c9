import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ensureDirectory } from '../../src/files/ensure-directory.js';

function withUmask<T>(mask: number, action: () => T): T {
  const before = process.umask(mask);
  try {
    return action();
  } finally {
    process.umask(before);
  }
}

function parentWithMode(mode: number): string {
  const parent = mkdtempSync(join(tmpdir(), 'stagelock-shared-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  chmodSync(parent, mode);
  return parent;
}

test('what is made in a directory that a group shares is shared, also under the umask of cron', () => {
  const parent = parentWithMode(0o2775);
  withUmask(0o022, () => ensureDirectory(join(parent, 'Testing', 'Temporary')));
  for (const made of ['Testing', 'Testing/Temporary']) {
    expect(statSync(join(parent, made)).mode & 0o7777).toBe(0o2775);
  }
});

test('what is made in a directory of one user is not', () => {
  const parent = parentWithMode(0o755);
  withUmask(0o022, () => ensureDirectory(join(parent, 'Testing')));
  expect(statSync(join(parent, 'Testing')).mode & 0o7777).toBe(0o755);
});

test('a directory that is there keeps its mode', () => {
  const parent = parentWithMode(0o2775);
  mkdirSync(join(parent, 'Testing'));
  chmodSync(join(parent, 'Testing'), 0o700);
  ensureDirectory(join(parent, 'Testing'));
  expect(statSync(join(parent, 'Testing')).mode & 0o7777).toBe(0o700);
});
