import { expect, test } from 'vitest';
import type { SystemName } from '../../../src/updates/record.js';
import { ALL_STATES } from './all-states.js';
import type { State } from './state.js';
import { zooOf } from './zoo.js';

const quick = (type: SystemName): readonly State[] => ALL_STATES[type].filter((state) => state.quick);

zooOf('git', 'fast-forward', quick('git'));
zooOf('svn', 'fast-forward', quick('svn'));

// A state whose name is there twice would be one that nobody looks at.
test.each(Object.keys(ALL_STATES) as SystemName[])('the states of %s are all different', (type) => {
  const states = ALL_STATES[type];
  expect(new Set(states.map(({ state }) => state)).size).toBe(states.length);
});
