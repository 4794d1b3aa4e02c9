import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import type { InstanceStatus } from '../../src/scheduler/instance.js';
import { announceWaiting, placesInQueues } from '../../src/scheduler/places.js';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'stagelock-places-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const since = '2026-11-27T01:00:00.000Z';
const scheduler = (host: string, fate: 'alive' | 'dead' | 'unknown' = 'alive'): InstanceStatus => ({
  host,
  pid: 1,
  since,
  judgement: { fate, why: '' },
});
const at = (name: string) => ({ ...thisHost(), name });

test('the place of a build in the queue of its host can be read by others', () => {
  announceWaiting(state, at('a'), 4, [
    { build: 'x', since },
    { build: 'y', since },
  ]);
  announceWaiting(state, at('b'), 2, [{ build: 'y', since }]);
  const places = placesInQueues(state, [scheduler('a'), scheduler('b', 'unknown')]);
  expect([...places]).toEqual([
    ['x', { place: 1, of: 2, maxRuns: 4, host: 'a', since }],
    ['y', { place: 1, of: 1, maxRuns: 2, host: 'b', since }],
  ]);
});

test('a dead scheduler has no queue, and an empty one leaves no file', () => {
  announceWaiting(state, at('a'), 4, [{ build: 'x', since }]);
  expect(placesInQueues(state, [scheduler('a', 'dead')]).size).toBe(0);
  announceWaiting(state, at('a'), 4, []);
  expect(readdirSync(state)).toEqual([]);
});

test.each([
  ['a directory', (path: string) => mkdirSync(path)],
  ['a link', (path: string) => symlinkSync('/etc/passwd', path)],
  ['half a file', (path: string) => writeFileSync(path, '{"maxRuns":1,"waiting":[')],
  ['something else', (path: string) => writeFileSync(path, '{"maxRuns":1,"waiting":[{"build":1,"since":"x"}]}')],
])('%s in place of a queue says nothing', (_, plant) => {
  plant(join(state, 'waiting.scheduler.a.json'));
  expect(placesInQueues(state, [scheduler('a')]).size).toBe(0);
});
