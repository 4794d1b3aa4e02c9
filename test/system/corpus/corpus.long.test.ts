import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeRepository, missingFor } from '../../updates/systems/repositories.js';
import { missing } from '../programs.js';
import { CORPUS } from './corpus.js';
import type { Aspect, Entry, Seen } from './entry.js';
import { Side } from './side.js';
import { tableOf } from './table.js';

const noCtest = missing('ctest');
const root = mkdtempSync(join(tmpdir(), 'corpus-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let places = 0;

/** Two copies of a project, each with news to fetch. */
function prepare(entry: Entry): { readonly ctest: Side; readonly ours: Side } {
  const place = join(root, String(++places));
  const repositories = join(place, 'repositories');
  mkdirSync(repositories, { recursive: true });
  const [ctest, ours] = ['ctest', 'ours'].map((name) => new Side(join(place, name), repositories, entry));
  if (ctest === undefined || ours === undefined) throw new Error('two sides');
  const { system = 'git', first = { file: '1\n' }, news = { write: { file: '2\n' } } } = entry;
  if (system === 'none') {
    for (const { source } of [ctest, ours]) mkdirSync(source, { recursive: true });
  } else {
    const repository = makeRepository(system, repositories);
    repository.commit({ log: 'first', write: first });
    entry.begin?.(repositories);
    for (const side of [ctest, ours]) repository.clone(side.checkout);
    if (news !== 'none') repository.commit({ log: 'news', ...news });
    entry.push?.(repositories);
    for (const side of [ctest, ours]) entry.arrange?.(side);
    if (entry.thenNews !== undefined) repository.commit({ log: 'more news', ...entry.thenNews });
  }
  for (const side of [ctest, ours]) side.configure();
  return { ctest, ours };
}

const pick = (seen: Seen, aspects: readonly Aspect[]): Partial<Seen> =>
  Object.fromEntries(aspects.map((aspect) => [aspect, seen[aspect]]));

for (const [title, entries] of Object.entries(CORPUS)) {
  describe.skipIf(noCtest !== undefined)(`${title}, side by side with ctest (${noCtest ?? 'real ctest'})`, () => {
    test.for(entries)('$shape', (entry, { skip }) => {
      const { system = 'git', seen, differs } = entry;
      const lacking = system === 'none' ? [] : missingFor(system);
      skip(lacking.length > 0, `${lacking.join(', ')} missing`);
      const { ctest, ours } = prepare(entry);
      let theirs = ctest.byCTest();
      const { seen: made, code, stderr } = ours.byStagelock();
      // A night may begin between the two.
      if (entry.model === 'Nightly' && theirs.tag[0] !== made.tag[0]) theirs = ctest.byCTest();
      expect(theirs).toMatchObject(seen);
      const { because: _, ...instead } = differs ?? { because: '' };
      const deviating = Object.keys(instead) as Aspect[];
      const equal = (Object.keys(made) as Aspect[]).filter((aspect) => !deviating.includes(aspect));
      expect(pick(made, equal), stderr).toEqual(pick(theirs, equal));
      const tree = made.tree === theirs.tree ? 'same' : 'other';
      const masked = { ...made, tree, revisions: made.revisions.replaceAll(/[0-9a-f]{40}/g, '#') };
      expect(pick(masked, deviating), stderr).toEqual(instead);
      // cron mails what failed, and only that; a local change is a matter of the report.
      expect(stderr === '').toBe(code === 0);
    });
  });
}

test('docs/ctest-projects.md is the table of these projects (npx vitest run test/system/corpus -u)', async () => {
  await expect(tableOf(CORPUS)).toMatchFileSnapshot('../../../docs/ctest-projects.md');
});
