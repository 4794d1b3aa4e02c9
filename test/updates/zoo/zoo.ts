import { afterAll, describe, expect, test } from 'vitest';
import type { SystemName } from '../../../src/updates/record.js';
import { missingFor } from '../systems/repositories.js';
import { PreparedWorlds } from './prepared-worlds.js';
import { type Mode, type Outcome, outcomeIn, type State } from './state.js';
import type { BuildName, Files, Ran, World } from './world.js';

const TIMEOUT_MS = 300_000;

/** Has every state of a working copy gone through by a primary and by secondaries with and without something to build. */
export function zooOf(type: SystemName, mode: Mode, states: readonly State[]): void {
  const missing = missingFor(type);
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';
  const prepared = new PreparedWorlds(type, mode);
  afterAll(() => prepared.remove());
  describe.skipIf(missing.length > 0)(`${type}, mode ${mode}${because}`, () => {
    test.each(states)('$state', { timeout: TIMEOUT_MS }, async (state) => {
      whileNothingIsPending(await prepared.built(state.begin), state);
      whileASecondaryIsBehind(await prepared.pending(state.begin), state);
    });
  });
}

/** A secondary that has built all there is builds nothing of it, whatever it is; the primary meets it first. */
function whileNothingIsPending(world: World, state: State): void {
  const outcome = outcomeIn(state, world.mode);
  state.make(world);
  const before = world.timesBuilt('other');
  world.build('other');
  expect(world.timesBuilt('other'), 'nothing is pending').toBe(before);
  meet(world, outcome);
}

/** A secondary that has something to build meets it before the primary does. */
function whileASecondaryIsBehind(world: World, state: State): void {
  const outcome = outcomeIn(state, world.mode);
  const recorded = world.newest();
  state.make(world);
  const before = world.timesBuilt('other');
  const ran = world.build('other');
  if (outcome.secondary === 'builds') expectBuilt(world, 'other', ran, recorded, outcome);
  else {
    expect(world.timesBuilt('other'), `built although ${state.state}`).toBe(before);
    // At another revision it waits for the record of that; elsewise it says what is wrong.
    if (ran.code === 75) expect(ran.stderr).toContain(world.source);
    else expectRefused(ran, outcome);
  }
  meet(world, outcome);
}

/** The primary meets it, a person does what it advises, and everything is built. */
function meet(world: World, outcome: Outcome): void {
  const [before, recorded] = [world.timesBuilt('main'), world.recorded()];
  const ran = world.build('main');
  if (outcome.primary === 'quiet') {
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(world.timesBuilt('main'), 'there is nothing to build').toBe(before);
  } else if (outcome.primary === 'builds') expectBuilt(world, 'main', ran, world.newest(), outcome);
  else {
    expect(world.timesBuilt('main'), ran.stderr).toBe(before);
    expect(world.recorded(), 'nothing is recorded that is not proved').toBe(recorded);
    expectRefused(ran, outcome);
    expectEnded(world, ran, outcome);
  }
  world.build('other');
  expectNewest(world, 'other', outcome);
  // And then there is nothing to do or to say any more.
  expect(world.build('main')).toMatchObject({ code: 0, stdout: '', stderr: '' });
}

/** What one advice uncovers, a commit behind a rebase, say, the next one ends. */
const ROUNDS = 2;

/** Following the advice literally ends it. */
function expectEnded(world: World, refused: Ran, { besides }: Outcome): void {
  let ran = refused;
  const followed: string[] = [];
  for (let round = 0; round < ROUNDS && ran.code !== 0; round++) {
    const commands = world.follow(ran.stderr);
    if (besides === undefined) expect(commands, `advice in ${ran.stderr}`).not.toEqual([]);
    followed.push(...commands);
    if (round === 0) besides?.done(world);
    ran = world.build('main');
  }
  expect(ran.code, `after ${followed.join('; ')}\n${ran.stdout}${ran.stderr}`).toBe(0);
}

function expectRefused(ran: Ran, { names = [] }: Outcome): void {
  expect(ran.code, ran.stdout + ran.stderr).toBe(1);
  for (const name of names) expect(ran.stderr).toContain(name);
}

function expectBuilt(world: World, name: BuildName, ran: Ran, wanted: Files, outcome: Outcome): void {
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  expectSame(world, name, wanted, outcome);
}

function expectNewest(world: World, name: BuildName, outcome: Outcome): void {
  expectSame(world, name, world.newest(), outcome);
}

/** What the last stage has found is a revision, but for the local changes that its report lists. */
function expectSame(
  world: World,
  name: BuildName,
  wanted: Files,
  { modified = [], untracked = [], absent = [] }: Outcome,
): void {
  const seen = world.lastSeenBy(name);
  const differing = [...new Set([...seen.keys(), ...wanted.keys()])].filter(
    (path) => seen.get(path) !== wanted.get(path),
  );
  const ofNobody = untracked.filter((path) => !wanted.has(path));
  const tracked = differing.filter((path) => !ofNobody.includes(path) && !absent.includes(path)).sort();
  expect(tracked, `${name} has built another tree`).toEqual(tracked.filter((path) => modified.includes(path)));
  if (tracked.length > 0) expect(world.reported(name)).toEqual(expect.arrayContaining(tracked));
}
