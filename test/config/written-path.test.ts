import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { writtenPath } from '../../src/config/written-path.js';

it.each([
  ['.', '.'],
  ['src/demo', 'src/demo'],
  ['/home/ci/src/demo', 'src/demo'],
  ['../src', '../src'],
  ['/srv/src', '/srv/src'],
  ['/home/other', '/home/other'],
  ['/home/ci/', '.'],
  ['~x', '~x'],
  ['./~', './~'],
  ['..x', '..x'],
])('%s stands in /home/ci/stagelock.toml as %s', (given, written) => {
  const place = { base: '/home/ci', cwd: '/home/ci' };
  expect(writtenPath(given, place)).toBe(written);
  expect(resolve(place.base, written)).toBe(resolve(place.cwd, given));
});

it('a path is relative to the file, wherever the person is', () => {
  expect(writtenPath('source', { base: '/home/ci/new', cwd: '/home/ci' })).toBe('../source');
});
