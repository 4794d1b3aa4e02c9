import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { processOf } from '../../src/host/process-table.js';
import { remnantOf } from '../../src/stages/remnant.js';

test('a process that has ended since it was found is not reported as of an unknown user', async () => {
  const child = spawn('sleep', ['60']);
  const marks = { run: 'r', build: 'main', stage: 'build' };
  const found = processOf(child.pid ?? 0);
  if (found === undefined) throw new Error('it did not start');
  expect(remnantOf(found, marks, thisHost())).toMatchObject({ pid: child.pid, stage: 'build' });
  child.kill();
  await once(child, 'exit');
  expect(remnantOf(found, marks, thisHost())).toBeUndefined();
});
