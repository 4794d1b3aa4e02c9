import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { append } from '../../../src/updates/journal.js';
import type { Checkout, VersionControl } from '../../../src/updates/version-control.js';
import { record } from '../record.js';
import { filesIn } from '../systems/broken.js';
import { missingFor } from '../systems/repositories.js';
import { chosen } from '../zoo/chosen.js';
import { CVS_STATES } from '../zoo/cvs-states.js';
import { type Mode, type Outcome, outcomeIn, type State } from '../zoo/state.js';
import { type Files, World } from '../zoo/world.js';

const MODES: readonly Mode[] = ['fast-forward', 'reset'];
/** A server is not told what a file of nobody is, so it refuses what is the same, too. */
const UNLIKE = ['a file of nobody is what comes'];

/** A tree that an update has brought and that is proved, or what a person is told. */
type Updated =
  | { readonly kind: 'proved'; readonly modified: readonly string[] }
  | { readonly kind: 'told'; readonly text: string };

/** What the stage does: an update, a proof, and a second update where that mends it. */
async function update(system: VersionControl, checkout: Checkout): Promise<Updated> {
  const fetched = await system.fetch(checkout);
  if (fetched.kind === 'failed') return { kind: 'told', text: fetched.message };
  for (let round = 0; ; round++) {
    if (fetched.news || round > 0) expect(await system.move(checkout, fetched)).toEqual({ kind: 'moved' });
    const head = await system.currentRevision(checkout);
    if (head.kind === 'failed') throw new Error(head.message);
    const proof = await system.proveTree(checkout, head.revision);
    if (proof.kind === 'failed') throw new Error(proof.message);
    if (proof.kind === 'proved') return proof;
    const text = proof.faults.flatMap(({ what, paths, advice }) => [
      `${what} ${paths.join()}`,
      ...advice.map((line) => `  ${line}`),
    ]);
    if (!proof.mendable || round > 0) return { kind: 'told', text: text.join('\n') };
  }
}

function expectSame(
  seen: Files,
  wanted: Files,
  { modified = [], untracked = [] }: Outcome,
  listed: readonly string[],
): void {
  const differing = [...new Set([...seen.keys(), ...wanted.keys()])]
    .filter((path) => seen.get(path) !== wanted.get(path) && !untracked.includes(path))
    .sort();
  expect(differing).toEqual(differing.filter((path) => modified.includes(path)));
  expect(listed).toEqual(expect.arrayContaining(differing));
}

/** The same states as in the zoo, by a server, which says other things than a cvs that reads the repository itself. */
describe.skipIf(missingFor('cvs').length > 0).each(MODES)('a CVS source of a server, mode %s', (mode) => {
  const states = chosen(CVS_STATES).filter(({ state }) => !UNLIKE.includes(state));
  test.each(states)('$state', { timeout: 120_000 }, async (state: State) => {
    const outcome = outcomeIn(state, mode);
    const world = World.make('cvs', mode, state.begin);
    const toServer = `find source -path '*/CVS/Root' | while read -r f; do echo ":fork:$PWD/store" > "$f"; done`;
    execFileSync('sh', ['-c', toServer], { cwd: world.root });
    const memory = join(world.root, 'memory');
    const system = await versionControlOf({ ...world.repository.update, mode }, memory);
    const checkout = { source: world.source, timeoutMs: 30_000, environment: world.environment };
    expect(await update(system, checkout)).toMatchObject({ kind: 'proved' });
    const first = await system.currentRevision(checkout);
    if (first.kind === 'failed') throw new Error(first.message);
    const old = filesIn(world.source);
    append(memory, record(1, first.revision, first.revision, []));

    state.make(world);
    const behind = await system.proveTree(checkout, first.revision);
    expect(behind.kind).toBe(outcome.secondary === 'builds' ? 'proved' : 'faulty');
    if (behind.kind === 'proved') expectSame(filesIn(world.source), old, outcome, behind.modified);

    let updated = await update(system, checkout);
    expect(updated).toMatchObject({ kind: outcome.primary === 'refuses' ? 'told' : 'proved' });
    if (updated.kind === 'told') {
      world.follow(updated.text.replaceAll(/^ {2}/gm, ' '.repeat(8)));
      outcome.besides?.done(world);
      updated = await update(system, checkout);
    }
    if (updated.kind === 'told') throw new Error(updated.text);
    expectSame(filesIn(world.source), world.newest(), outcome, updated.modified);
    const sign = system.signOf(checkout);
    expect(await system.fetch(checkout)).toMatchObject({ kind: 'fetched', news: false });
    expect(system.signOf(checkout)).toBe(sign);
  });
});
