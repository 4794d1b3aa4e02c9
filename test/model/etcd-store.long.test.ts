import { describe, expect, test, vi } from 'vitest';
import { check, noSpin } from './spin.js';

// Two cores.
vi.setConfig({ maxConcurrency: 2, testTimeout: 240_000 });

const REACHED = [
  'a late request is the one that is done',
  'a lost answer is read back',
  'a person clears the locks of a run that is paused',
  'a person clears the locks of a run that lives',
  'a request arrives after its run is gone',
  'a run ends',
  'a run ends because it cannot renew its lease',
  'a run finds that it was cleared',
];

const CLEARED = 'a run that was cleared writes nothing';
const BEYOND = 'no stage goes on beyond its lease, but of a run that is paused';

/** The model itself under test: each mistake, and the promise that it breaks. */
const mistakes: readonly (readonly [mistake: string, broken: string])[] = [
  ['NO_FENCE', CLEARED],
  ['FENCE_BY_NAME', CLEARED],
  ['FENCE_READ_LATER', CLEARED],
  ['NO_NONCE', 'each write is done once'],
  ['NO_READ_BACK', 'a run that is refused has a reason'],
  ['NO_LEASE', 'nothing is begun for a run whose lease is over'],
  ['BEGIN_NOT_EXCLUSIVE', 'one run of a build at a time'],
  ['CLOCK_WITHOUT_SUSPEND', BEYOND],
  ['ENDS_WITH_ITS_LEASE', BEYOND],
];

describe
  .skipIf(noSpin !== undefined)
  .concurrent(`the writes of runs in etcd, model checked (${noSpin ?? 'spin'})`, () => {
    test('a run in trouble and another one', async () => {
      const { errors, broken, reached, incomplete, states } = await check('etcd-store.pml', 'RUNS=2', '-O2');
      expect({ errors, broken, incomplete }).toEqual({ errors: 0, broken: undefined, incomplete: [] });
      expect(reached).toEqual(REACHED);
      expect(states).toBeGreaterThan(100_000);
    });

    test('that a record must not be there yet is not needed: the fence and the nonce see to it', async () => {
      const { errors, incomplete } = await check('etcd-store.pml', 'RUNS=2 MUTATE_RECORD_NOT_ABSENT', '-O2');
      expect({ errors, incomplete }).toEqual({ errors: 0, incomplete: [] });
    });

    test.each(mistakes)('%s is found', async (mistake, promise) => {
      const { errors, broken } = await check('etcd-store.pml', `RUNS=2 MUTATE_${mistake}`, '-O0');
      expect({ errors, broken }).toEqual({ errors: 1, broken: promise });
    });
  });
