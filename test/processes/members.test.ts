import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Process } from '../../src/host/process-table.js';
import { membersAmong, membersOfRun, RUN_VARIABLE } from '../../src/processes/members.js';

function process_(pid: number, parent: number, more: Partial<Process> = {}): Process {
  return { pid, parent, group: pid, session: pid, startTicks: pid, state: 'S', ...more };
}

const rootIs =
  (...roots: number[]) =>
  ({ pid }: Process): boolean =>
    roots.includes(pid);

function pidsOf(processes: readonly Process[]): number[] {
  return processes.map(({ pid }) => pid);
}

test('members are the roots and whatever descends from them, the oldest first', () => {
  const table = [
    process_(50, 40),
    process_(40, 1),
    process_(60, 50, { startTicks: 7 }),
    process_(70, 1),
    process_(1, 0),
  ];
  expect(pidsOf(membersAmong(table, rootIs(40), 99))).toEqual([60, 40, 50]);
  expect(pidsOf(membersAmong(table, rootIs(50, 70), 99))).toEqual([60, 50, 70]);
});

test('we ourselves and what is above us are no members, whatever their environment says', () => {
  const table = [process_(10, 1), process_(20, 10), process_(30, 20), process_(31, 20), process_(1, 0)];
  expect(pidsOf(membersAmong(table, rootIs(10, 20, 31), 20))).toEqual([31]);
});

test('a table that was read while parents changed may show a circle, and a very long line of children', () => {
  expect(pidsOf(membersAmong([process_(2, 3), process_(3, 2)], rootIs(2), 99))).toEqual([2, 3]);
  const line = Array.from({ length: 100_000 }, (_, index) => process_(index + 2, index + 1));
  expect(membersAmong(line, rootIs(2), 1)).toHaveLength(100_000);
});

test('a process of a run is found by its environment, and its child that has cleaned its own by its parent', async () => {
  const run = `test-${Math.random()}`;
  const script = `env -i setsid sh -c 'echo $$; exec sleep 60' & wait`;
  const child = spawn('sh', ['-c', script], {
    env: { ...process.env, [RUN_VARIABLE]: run },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pids = pidsOf(membersOfRun(run));
  expect(pids).toContain(child.pid);
  expect(pids).toContain(Number(line));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
});
