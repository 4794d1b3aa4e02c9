import type { SystemName } from '../../../src/updates/record.js';
import { ALL_STATES } from './all-states.js';
import type { Verdict } from './ctest.js';
import { type Outcome, outcomeIn, type State } from './state.js';

/** What ctest makes of each state, by its name. */
export type Verdicts = Readonly<Record<SystemName, Readonly<Record<string, Verdict>>>>;

const TITLES: Readonly<Record<SystemName, string>> = { git: 'git', svn: 'Subversion', hg: 'Mercurial', cvs: 'CVS' };
const BY_CTEST: Readonly<Record<Verdict, string>> = {
  right: 'builds it',
  told: 'says so, builds what is there',
  wrong: '**builds something else, exit 0**',
};
const HEAD = ['state', 'primary', 'in mode `reset`', 'secondary with something to build', 'ctest'];

/** The states of `docs/checkout-states.md`, a table for each system. */
export function tables(verdicts: Verdicts): string {
  return (Object.keys(TITLES) as SystemName[])
    .map((type) => {
      const rows = ALL_STATES[type].map((state) => rowOf(state, verdicts[type][state.state]));
      return `## ${TITLES[type]}\n\n${aligned([HEAD, ...rows])}\n`;
    })
    .join('\n');
}

function rowOf(state: State, verdict: Verdict | undefined): string[] {
  const [plain, reset] = [outcomeIn(state, 'fast-forward'), outcomeIn(state, 'reset')];
  const [first, second] = [ofPrimary(plain), ofPrimary(reset)];
  const secondary = plain.secondary === 'builds' ? 'builds' : 'refuses';
  return [state.state, first, first === second ? 'likewise' : second, secondary, verdict ? BY_CTEST[verdict] : ''];
}

function ofPrimary({ primary, modified = [] }: Outcome): string {
  if (primary === 'quiet') return 'has nothing to build';
  if (primary === 'refuses') return 'refuses';
  return modified.length === 0 ? 'builds' : 'builds, local changes listed';
}

function aligned([head = [], ...rows]: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = all;
  return [line(first), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...others.map(line)].join('\n');
}
