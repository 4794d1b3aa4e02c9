import { afterAll, describe, expect, test } from 'vitest';
import type { SystemName } from '../../../src/updates/record.js';
import { missingFor } from '../systems/repositories.js';
import { History, withPast } from './history.js';
import { PreparedWorlds } from './prepared-worlds.js';

/** STAGELOCK_HISTORIES=300 for a long run, of STAGELOCK_STEPS; STAGELOCK_SEED=N for another one; STAGELOCK_SYSTEM=git for one system. */
const HISTORIES = Number(process.env['STAGELOCK_HISTORIES'] ?? 2);
const SEED = Number(process.env['STAGELOCK_SEED'] ?? 16);
const ONLY = process.env['STAGELOCK_SYSTEM'];
const STEPS = Number(process.env['STAGELOCK_STEPS'] ?? 6);
const SYSTEMS = ['git', 'svn', 'hg', 'cvs'] as const;

describe.each(ONLY === undefined ? SYSTEMS : ([ONLY] as SystemName[]))('%s', (type) => {
  const missing = missingFor(type);
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';
  const prepared = {
    'fast-forward': new PreparedWorlds(type, 'fast-forward'),
    reset: new PreparedWorlds(type, 'reset'),
  };
  afterAll(() => {
    prepared['fast-forward'].remove();
    prepared.reset.remove();
  });
  let judged = 0;
  const seeds = Array.from({ length: HISTORIES }, (_, index) => SEED + index);
  test.skipIf(missing.length > 0).each(seeds)(
    `no stage reads a tree that is not what is recorded, with the local changes that are listed: history %i${because}`,
    { timeout: 600_000 },
    async (seed) => {
      const world = await prepared[seed % 3 === 0 ? 'reset' : 'fast-forward'].built(withPast);
      const history = new History(world, seed);
      judged += await history.live(STEPS);
    },
  );
  test.skipIf(missing.length > 0)(`the witness has looked at what was built${because}`, ({ annotate }) => {
    expect(judged).toBeGreaterThan(0);
    if (HISTORIES > 2) return annotate(`${judged} builds of ${HISTORIES} histories`);
    return undefined;
  });
});
