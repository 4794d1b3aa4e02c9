import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { SystemName } from '../../../src/updates/record.js';
import { HAS_CTEST } from '../systems/ctest.js';
import { missingFor } from '../systems/repositories.js';
import { ALL_STATES } from './all-states.js';
import { chosen } from './chosen.js';
import { type Verdict, verdictOf } from './ctest.js';
import type { State } from './state.js';
import { tables, type Verdicts } from './table.js';

/**
 * `docs/checkout-states.md` says what ctest makes of each state. STAGELOCK_ZOO=record asks it of those of which that is not known
 * (remove what shall be asked anew from the file), and writes the page.
 */
const IS_RECORDED = process.env['STAGELOCK_ZOO'] === 'record';
const FILE = join(import.meta.dirname, 'ctest-verdicts.json');
const PAGE = 'docs/checkout-states.md';
const BEGIN = '<!-- states -->\n';

const known = JSON.parse(readFileSync(FILE, 'utf8')) as Verdicts;
const found: Record<SystemName, Record<string, Verdict>> = { git: {}, svn: {}, hg: {}, cvs: {} };

function asked(type: SystemName): readonly State[] {
  return IS_RECORDED
    ? ALL_STATES[type].filter(({ state }) => known[type][state] === undefined)
    : chosen(ALL_STATES[type]);
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
  test.skipIf(missing.length > 0).each(asked(type))(`$state${because}`, { timeout: 120_000 }, (state) => {
    const verdict = verdictOf(type, state);
    found[type][state.state] = verdict;
    if (!IS_RECORDED) expect(verdict).toBe(known[type][state.state]);
  });
});

afterAll(() => {
  if (!IS_RECORDED) return;
  writeFileSync(FILE, `${JSON.stringify(all(), undefined, 2)}\n`);
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n${tables(all())}`);
});

test.skipIf(IS_RECORDED)(`${PAGE} lists each state, with what becomes of it`, () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page.slice(page.indexOf(BEGIN) + BEGIN.length + 1)).toBe(tables(known));
});
