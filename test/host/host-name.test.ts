import { describe, expect, test } from 'vitest';
import { isThisHost } from '../../src/host/host-name.js';
import { judge } from '../../src/locks/owner.js';

describe('a recorded host', () => {
  test.each([
    { recorded: 'node1', name: 'node1', full: undefined, same: true },
    { recorded: 'node1.a', name: 'node1', full: 'node1.a', same: true },
    { recorded: 'Node1.A', name: 'node1', full: 'node1.a', same: true },
    { recorded: 'node1', name: 'node1.a', full: 'node1', same: true },
    { recorded: 'node1.b', name: 'node1', full: 'node1.a', same: false },
    { recorded: 'node1.a', name: 'node1', full: undefined, same: false },
    { recorded: 'node1.a', name: 'node1', full: 'node1', same: false },
    { recorded: 'node1', name: 'node1.a', full: 'node1.a', same: false },
    { recorded: 'node1', name: 'node1.a', full: undefined, same: false },
    { recorded: 'node1.a', name: 'node1.b', full: 'node1.a', same: false },
    { recorded: 'node2.a', name: 'node1', full: 'node2.a', same: false },
    { recorded: 'node1x.a', name: 'node1', full: 'node1x.a', same: false },
    { recorded: 'node1', name: 'node1.a/pid-4026532178', full: 'node1', same: false },
    { recorded: 'node1.a', name: 'node1/pid-4026532178', full: 'node1.a', same: false },
    { recorded: 'localhost.localdomain', name: 'localhost', full: 'localhost.localdomain', same: false },
    { recorded: '', name: 'node1', full: '', same: false },
  ])('$recorded is $name, which finds itself as $full: $same', ({ recorded, name, full, same }) => {
    expect(isThisHost(recorded, { name, fullName: () => full })).toBe(same);
  });

  test('is looked up only when it may be this one by another name', () => {
    const host = {
      name: 'node1',
      fullName: () => {
        throw new Error('looked up');
      },
    };
    for (const recorded of ['node1', 'node2', 'node2.a', 'NODE1', 'node10', '']) isThisHost(recorded, host);
    expect(() => isThisHost('node1.a', host)).toThrow('looked up');
  });
});

describe('a pid without a host', () => {
  const NOW = Date.parse('2024-05-06T07:08:09Z');
  const fate = (kind: 'absent' | 'running', ageS: number, local: boolean): string =>
    judge(
      { owner: { host: '', pid: 7 }, madeMs: NOW - ageS * 1000 },
      {
        host: {
          name: 'here',
          process: () => (kind === 'absent' ? { kind } : { kind, startedMs: undefined, startTicks: undefined }),
          now: () => NOW,
        },
        clockOffsetMs: 0,
        ownerlessMs: 5000,
        overdueMs: 600_000,
        local,
      },
    ).fate;

  test('is dead on a local file system, when it is not there and the lock is old', () => {
    expect(fate('absent', 601, true)).toBe('dead');
    expect(fate('absent', 599, true)).toBe('unknown');
    expect(fate('running', 601, true)).toBe('alive');
  });

  test('may be of any host on a network file system', () => {
    expect(fate('absent', 1e6, false)).toBe('unknown');
    expect(fate('running', 1e6, false)).toBe('unknown');
  });
});
