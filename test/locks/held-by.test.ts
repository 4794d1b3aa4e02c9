import { expect, test } from 'vitest';
import { heldBy, RUNNING } from '../../src/locks/held-by.js';

const holder = { pid: 4126, host: 'buildhost' };
const MINUTE_MS = 60_000;

test('one sentence says who holds a lock, and for how long', () => {
  expect(heldBy(holder, { fate: 'alive', why: RUNNING }, 9 * MINUTE_MS)).toBe(
    'held by pid 4126 on buildhost (running for 9 min)',
  );
  expect(heldBy({ ...holder, user: 'ci' }, { fate: 'alive', why: RUNNING }, undefined)).toBe(
    'held by pid 4126 of ci on buildhost (running)',
  );
});

test('of an owner that does not run it says why, once', () => {
  expect(heldBy(holder, { fate: 'dead', why: 'its process no longer exists' }, 90 * MINUTE_MS)).toBe(
    'held by pid 4126 on buildhost (dead: its process no longer exists; acquired 1 h 30 min ago)',
  );
  expect(heldBy(undefined, { fate: 'unknown', why: 'its owner is not recorded (yet)' }, undefined)).toBe(
    'held by an unknown process (unknown: its owner is not recorded (yet))',
  );
});
