import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { SystemName } from '../../../src/updates/record.js';
import { HAS_CTEST } from '../systems/ctest.js';
import { missingFor } from '../systems/repositories.js';
import { ALL_STATES } from './all-states.js';
import { isChosen } from './chosen.js';
import { type Verdict, verdictOf } from './ctest.js';
import type { State } from './state.js';
import { tables, type Verdicts } from './table.js';

/**
 * `docs/checkout-states.md` says what ctest makes of each state. STAGELOCK_ZOO=all asks it of all of them, STAGELOCK_ZOO=part of those of the day,
 * STAGELOCK_ZOO=record of those of which that is not known (remove what shall be asked anew from the file), and writes the page.
 */
const MODE = process.env['STAGELOCK_ZOO'];
const FILE = join(import.meta.dirname, 'ctest-verdicts.json');
const PAGE = 'docs/checkout-states.md';
const BEGIN = '<!-- states -->\n';

const known = JSON.parse(readFileSync(FILE, 'utf8')) as Verdicts;
const found: Record<SystemName, Record<string, Verdict>> = { git: {}, svn: {}, hg: {}, cvs: {} };

/** In each test run, one of what it builds without a word although it is something else. */
function isAsked(type: SystemName, { state }: State, index: number): boolean {
  const verdict = known[type][state];
  const first = Object.entries(known[type]).find(([, wrong]) => wrong === 'wrong')?.[0];
  if (MODE === 'all' || MODE === 'part') return isChosen({}, index);
  return MODE === 'record' ? verdict === undefined : state === first;
}

/** In the order of the states, so that one more is one line more. */
function all(): Verdicts {
  const ofSystem = (type: SystemName): [SystemName, Record<string, Verdict>] => [
    type,
    Object.fromEntries(
      ALL_STATES[type].flatMap(({ state }) => {
        const verdict = found[type][state] ?? known[type][state];
        return verdict === undefined ? [] : [[state, verdict]];
      }),
    ),
  ];
  return Object.fromEntries((Object.keys(ALL_STATES) as SystemName[]).map(ofSystem)) as unknown as Verdicts;
}

describe.each(Object.keys(ALL_STATES) as SystemName[])('ctest, %s', (type) => {
  const missing = [...missingFor(type), ...(HAS_CTEST ? [] : ['ctest'])];
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';
  const states = ALL_STATES[type].filter((state, index) => isAsked(type, state, index));
  test.skipIf(missing.length > 0).each(states)(`$state${because}`, { timeout: 120_000 }, (state) => {
    const verdict = verdictOf(type, state);
    found[type][state.state] = verdict;
    if (MODE !== 'record') expect(verdict).toBe(known[type][state.state]);
  });
});

afterAll(() => {
  if (MODE !== 'record') return;
  writeFileSync(FILE, `${JSON.stringify(all(), undefined, 2)}\n`);
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n${tables(all())}`);
});

test.skipIf(MODE === 'record')(`${PAGE} lists each state, with what becomes of it`, () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page.slice(page.indexOf(BEGIN) + BEGIN.length + 1)).toBe(tables(known));
});
