import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { endGroup } from '../../src/processes/group.js';

test('a process group of which only zombies are left has ended, although no process reaps them', async () => {
  // The shell starts a group of its own and does not wait for what it started: after KILL that stays a zombie.
  const child = spawn(
    'perl',
    ['-e', 'my $p = fork; if (!$p) { setpgrp; $| = 1; print "$$\n"; sleep 60; exit } sleep 60'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const group = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data: Buffer) => resolve(Number(data))),
  );
  const began = performance.now();
  await endGroup(group, 8000);
  expect(performance.now() - began).toBeLessThan(6000);
  expect(() => process.kill(group, 0)).not.toThrow(); // the zombie is there
  child.kill('SIGKILL');
});
