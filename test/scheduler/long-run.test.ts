import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Build, Project } from '../../src/config/project.js';
import { eventsIn } from '../../src/notify/spool.js';
import type { JobRecord } from '../../src/scheduler/job-record.js';
import { postLongRun } from '../../src/scheduler/long-run.js';
import { ping, projectOf, webhook } from '../notify/events.js';

let directory: string;
const HOUR = 3_600_000;
const BEGAN = Date.parse('2002-01-31T12:00:00Z');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-long-run-'));
  mkdirSync(join(directory, 'gcc', 'Testing', 'Temporary'), { recursive: true });
  const past = {
    run: 'a',
    stamp: '20020131-1000-Continuous',
    begun: '2002-01-31T10:00:00Z',
    ended: '2002-01-31T10:20:00Z',
  };
  writeFileSync(join(directory, 'gcc', 'Testing', 'History.jsonl'), `${JSON.stringify(past)}\n`);
});

afterEach(() => rmSync(directory, { recursive: true }));

const build = (): Build => ({ name: 'gcc', directory: join(directory, 'gcc') }) as Build;
const record: JobRecord = {
  id: '0123456789abcdef',
  build: 'gcc',
  command: 'stagelock run gcc',
  user: 'ann',
  host: 'buildhost',
  keeper: { pid: 1 },
  pid: 7,
  began: new Date(BEGAN).toISOString(),
};

const headlines = (): string[] =>
  eventsIn(join(directory, 'notify', 'webhook'))
    .readAll()
    .items.map(({ event }) => `${event.event}: ${event.headline}`);

test('a run that makes others be skipped is an event when it takes far longer than usual: once, then less and less often', () => {
  const project: Project = projectOf(directory, webhook('http://x/'), ping('http://x/'));
  const after = (hours: number) => postLongRun(project, build(), record, new Date(BEGAN + hours * HOUR));
  expect([0.9, 1.1, 1.2, 1.9, 2.2, 3.5, 4.4].map(after)).toEqual([false, true, false, false, true, false, true]);
  expect(headlines()).toHaveLength(3);
  expect(headlines()[0]).toMatch(
    /^stuck: its run of 2002-01-31 .* has been going on for 1 h 6 min, far longer than usual$/,
  );
});

test('it is none for those who do not want it, and none without [[notify]]', () => {
  const now = new Date(BEGAN + 5 * HOUR);
  expect(postLongRun(projectOf(directory), build(), record, now)).toBe(false);
  const others = projectOf(directory, webhook('http://x/', { on: new Set(['broken']) }), ping('http://x/'));
  expect(postLongRun(others, build(), record, now)).toBe(false);
  expect(headlines()).toEqual([]);
});
