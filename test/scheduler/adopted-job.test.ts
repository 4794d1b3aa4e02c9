import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/index.js';
import { adoptJob } from '../../src/scheduler/job.js';

/** A process that another scheduler has started, and its record. */
function orphan() {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const host = thisHost();
  const { pid = 0 } = child;
  const record = {
    id: '0123456789abcdef',
    build: 'gcc',
    command: 'stagelock run gcc',
    user: 'build',
    host: host.name,
    ...(host.bootId !== undefined && { bootId: host.bootId }),
    pid,
    keeper: { pid: 1, processStart: 1 },
    began: new Date().toISOString(),
  };
  return { child, host, record };
}

test('a scheduler that does not wait for an orphan learns so, also when it ends right after the look', async () => {
  const { child, host, record } = orphan();
  const job = adoptJob(record, undefined, host, AbortSignal.abort());
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(job.isThere()).toBe(false);
  expect(await job.ended).toEqual({ kind: 'left' });
}, 5000);

test('a scheduler that stops waiting for an orphan learns so', async () => {
  const { host, record } = orphan();
  const stop = new AbortController();
  const job = adoptJob(record, undefined, host, stop.signal);
  stop.abort();
  expect(await job.ended).toEqual({ kind: 'left' });
}, 5000);
