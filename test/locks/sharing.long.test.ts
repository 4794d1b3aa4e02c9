import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openLock, STRATEGIES } from '../../src/locks/library.js';
import { mingle } from './mingled.js';
import { withoutKoffi } from './processes.js';

const EXTENT = { rounds: 300, survivors: 5, victims: 40 };

test.each([...STRATEGIES, 'flock fallback'])(
  '%s: none beside one that is alone, and no more than there are slots, while others are killed at any moment',
  { timeout: 600_000 },
  async (kind) => {
    const isFallback = kind === 'flock fallback';
    const environment: Record<string, string> = isFallback ? { LOCKS_MODULE: withoutKoffi() } : {};
    const { counts, killed, target } = await mingle(isFallback ? 'flock' : kind, EXTENT, environment);
    expect(counts).toEqual(Array(EXTENT.survivors).fill({ rounds: EXTENT.rounds, overlaps: 0, lost: 0 }));
    expect(killed).toBeGreaterThan(5);
    if (isFallback) return;
    const strategy = STRATEGIES.find((each) => each === kind) ?? 'lockdir';
    const last = await openLock(target, { strategy, settings: { overdueMs: 2000 } }).acquire({ timeoutMs: 10_000 });
    expect(last.kind).toBe('acquired');
    if (last.kind === 'acquired') last.lock.release();
    // What a killed process was just removing stays under a name of temporaries.
    const left = readdirSync(dirname(target)).filter((name) => !/\.tmp$|^x y\.o\.(lock|shared)$/.test(name));
    expect(left).toEqual([]);
  },
);
