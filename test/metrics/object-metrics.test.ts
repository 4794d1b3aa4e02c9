import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { objectFamiliesIn } from '../../src/metrics/object-metrics.js';
import { merged, prometheusText } from '../../src/metrics/text-format.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-metrics-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const samples = async (log: string): Promise<string[]> =>
  prometheusText(await objectFamiliesIn(log))
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'));

test('waits for objects and what was reused are counted by the log of the helpers, which is made when it is needed', async () => {
  const log = join(directory, 'log');
  expect(await samples(log)).toEqual([
    'stagelock_object_lock_waits_total 0',
    'stagelock_object_lock_waited_seconds_total 0',
    'stagelock_objects_reused_total 0',
    'stagelock_objects_reused_saved_seconds_total 0',
  ]);
  const entry = {
    at: '2026-01-31T11:21:00.000Z',
    target: '/o/a.o',
    strategy: 'lockdir',
    owner: 'h:1',
    by: 'h:2',
    waitedMs: 1500,
    heldMs: 10,
  };
  appendFileSync(log, `${JSON.stringify(entry)}\n${JSON.stringify({ ...entry, savedMs: 8000 })}\n{torn\n`);
  expect(await samples(log)).toEqual([
    'stagelock_object_lock_waits_total 2',
    'stagelock_object_lock_waited_seconds_total 3',
    'stagelock_objects_reused_total 1',
    'stagelock_objects_reused_saved_seconds_total 8',
  ]);
  await expect(objectFamiliesIn(directory)).rejects.toThrow('EISDIR');
});

test('families of several projects are one', () => {
  const family = { name: 'x', help: 'h', type: 'gauge' as const };
  const one = { ...family, samples: [{ labels: { project: 'a' }, value: 1 }] };
  const two = { ...family, samples: [{ labels: { project: 'b' }, value: 2 }] };
  expect(prometheusText(merged([one, { ...one, name: 'y' }, two]))).toBe(
    '# HELP x h\n# TYPE x gauge\nx{project="a"} 1\nx{project="b"} 2\n# HELP y h\n# TYPE y gauge\ny{project="a"} 1\n',
  );
});
