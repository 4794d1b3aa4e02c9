import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endingMs, mayBeOver, remainingMs } from '../../src/coordination/deadline.js';

test('a run that heard of its last renewal has to end before any server could call it dead', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10_000, max: 600_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      fc.integer({ min: 0, max: 2_000_000 }),
      (leaseMs, underWayMs, laterMs) => {
        const renewal = { sentMs: 1_000_000, leaseMs };
        // The server counts from when the request arrives.
        const serverEndsMs = renewal.sentMs + underWayMs + leaseMs;
        const nowMs = renewal.sentMs + laterMs;
        if (remainingMs(renewal, nowMs) > 0) {
          expect(nowMs + endingMs(leaseMs)).toBeLessThanOrEqual(serverEndsMs);
          expect(mayBeOver(renewal, nowMs)).toBe(false);
        }
        if (nowMs >= serverEndsMs) expect(remainingMs(renewal, nowMs)).toBe(0);
      },
    ),
  );
});

test('of a lease of half a minute ten seconds are left to end the stages, of a long one half a minute', () => {
  expect(endingMs(30_000)).toBe(10_000);
  expect(endingMs(600_000)).toBe(30_000);
  expect(remainingMs({ sentMs: 5000, leaseMs: 30_000 }, 5000)).toBe(20_000);
});
