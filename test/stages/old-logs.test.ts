import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/config/project.js';
import { writeFailedRun } from '../../src/stages/failed-run.js';
import { oldLogs, removeOldLogs } from '../../src/stages/old-logs.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-old-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const build = (keepLogs: number): Build =>
  ({ directory, keepLogs, stages: [{ name: 'build' }, { name: 'test' }] }) as unknown as Build;
const tag = (minute: number): string => `20260131-${String(minute).padStart(4, '0')}`;
const logs = (stage: string, count: number): string[] =>
  Array.from({ length: count }, (_, minute) => `Last${stage}_${tag(minute)}.log`);

describe('old logs', () => {
  test('are those of each stage beyond the newest, oldest first', () => {
    expect(
      oldLogs([...logs('Build', 5), ...logs('Test', 2), ...logs('Update', 4)].reverse(), build(3), new Set()),
    ).toEqual(['LastBuild_20260131-0000.log', 'LastUpdate_20260131-0000.log', 'LastBuild_20260131-0001.log']);
  });

  test('are none of other names, of other stages, nor of runs of which it is known what failed', () => {
    const others = [
      ...['LastTest.log', 'LastTestsFailed_20200101-0000.log', 'LastDeploy_20200101-0000.log', 'LastBuild_x.log'],
      ...['running', 'LastBuild_20200101-0000.log.1', 'lastBuild_20200101-0000.log', 'LastUpdate.xml'],
    ];
    expect(oldLogs([...others, ...logs('Build', 3)], build(1), new Set([tag(0)]))).toEqual([
      'LastBuild_20260131-0001.log',
    ]);
  });

  test('are removed; a link or a directory of such a name stays', () => {
    const temporary = join(directory, 'Testing', 'Temporary');
    mkdirSync(temporary, { recursive: true });
    for (const name of logs('Build', 6).slice(2)) writeFileSync(join(temporary, name), '');
    const secret = join(directory, 'secret');
    writeFileSync(secret, '');
    symlinkSync(secret, join(temporary, logs('Build', 1)[0] ?? ''));
    mkdirSync(join(temporary, logs('Build', 2)[1] ?? ''));
    writeFailedRun(directory, { run: '0'.repeat(16), stamp: `${tag(2)}-Nightly`, failures: [] });
    removeOldLogs(build(2));
    expect(readdirSync(temporary).sort()).toEqual(logs('Build', 6).filter((_, minute) => minute !== 3));
    expect(readdirSync(directory)).toContain('secret');
  });

  test('of which there are 100,000 go some at a time', () => {
    const names = Array.from(
      { length: 100_000 },
      (_, index) => `LastBuild_${20_000_000 + Math.floor(index / 1440)}-${String(index % 1440).padStart(4, '0')}.log`,
    );
    const began = performance.now();
    expect(oldLogs(names, build(50), new Set())).toHaveLength(99_950);
    // Half a second would be noticed beside the stages of a run; a hundred times as much as it takes.
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});
