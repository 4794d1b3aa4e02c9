import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { SystemName } from '../../../src/updates/record.js';
import { HAS_CTEST } from '../systems/ctest.js';
import { missingFor } from '../systems/repositories.js';
import { ALL_STATES } from './all-states.js';
import { type Verdict, verdictOf } from './ctest.js';
import { tables, type Verdicts } from './table.js';

/**
 * `docs/checkout-states.md` says what ctest makes of each state. STAGELOCK_ZOO=all asks it of all of them, STAGELOCK_ZOO=record
 * writes down what it says now.
 */
const MODE = process.env['STAGELOCK_ZOO'];
const FILE = join(import.meta.dirname, 'ctest-verdicts.json');
const PAGE = 'docs/checkout-states.md';
const BEGIN = '<!-- states -->\n';

const known = JSON.parse(readFileSync(FILE, 'utf8')) as Verdicts;
const found: Record<string, Record<string, Verdict>> = { git: {}, svn: {}, hg: {}, cvs: {} };

describe.each(Object.keys(ALL_STATES) as SystemName[])('ctest, %s', (type) => {
  const missing = [...missingFor(type), ...(HAS_CTEST ? [] : ['ctest'])];
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';
  // One that it updates as it should, and those that it does not.
  const isTold = ({ state }: { readonly state: string }): boolean => known[type][state] === 'wrong';
  const states = MODE === 'all' || MODE === 'record' ? ALL_STATES[type] : ALL_STATES[type].filter(isTold).slice(0, 2);
  test.skipIf(missing.length > 0).each(states)(`$state${because}`, { timeout: 120_000 }, (state) => {
    const verdict = verdictOf(type, state);
    (found[type] ?? {})[state.state] = verdict;
    if (MODE !== 'record') expect(verdict).toBe(known[type][state.state]);
  });
});

afterAll(() => {
  if (MODE !== 'record') return;
  writeFileSync(FILE, `${JSON.stringify(found, undefined, 2)}\n`);
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n${tables(found as Verdicts)}`);
});

test.skipIf(MODE === 'record')(`${PAGE} lists each state, with what becomes of it`, () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page.slice(page.indexOf(BEGIN) + BEGIN.length + 1)).toBe(tables(known));
});
