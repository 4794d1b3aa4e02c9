import { expect, test } from 'vitest';
import { allOf, errorsOf, handOverOf, raceOf } from '../../src/doctor/tally.js';

const section = (askedMs: number, fromMs: number, toMs: number) => ({ askedMs, fromMs, toMs });
const turns = (...sections: ReturnType<typeof section>[]) => ({ sections, stuckOn: undefined, lost: 0 });

test('a race counts names that several made, and names that none made', () => {
  expect(raceOf([{ won: [0, 1, 2] }, { won: [2, 3] }], 6)).toEqual({ processes: 2, names: 6, shared: 1, unclaimed: 2 });
});

test('a hand-over counts from the release to the next process that was waiting', () => {
  const first = turns(section(0, 0, 10), section(60, 60, 70));
  const second = turns(section(5, 14, 20), section(80, 81, 90));
  // From 10 to 14. Not to 60, when none was waiting, nor to 81.
  expect(handOverOf([first, second])).toEqual({
    processes: 2,
    sections: 4,
    overlaps: 0,
    handOvers: 1,
    medianMs: 4,
    longestMs: 4,
    stuck: 0,
    stuckOn: undefined,
    lost: 0,
  });
});

test('every section that begins within another one is an overlap', () => {
  const long = turns(section(0, 0, 100));
  expect(handOverOf([long, turns(section(0, 10, 11), section(0, 20, 21)), turns(section(0, 100, 101))])).toMatchObject({
    sections: 4,
    overlaps: 2,
  });
});

test('those that never got it, and locks that vanished, are added up', () => {
  expect(
    handOverOf([
      { sections: [], stuckOn: 'somebody', lost: 0 },
      { ...turns(section(0, 1, 2)), lost: 3 },
    ]),
  ).toMatchObject({
    sections: 1,
    handOvers: 0,
    stuck: 1,
    stuckOn: 'somebody',
    lost: 3,
  });
});

test('one failure makes all of it a failure', () => {
  const failure = { kind: 'failed', code: 'ENOSPC', why: 'no space left on the disk' } as const;
  expect(allOf<object>([{ kind: 'done' }, failure])).toBe(failure);
});

test('errors are added up by their codes', () => {
  expect(errorsOf([{ ESTALE: 1 }, {}, { ESTALE: 2, EIO: 1 }])).toEqual({ ESTALE: 3, EIO: 1 });
});
