import { describe, expect, test, vi } from 'vitest';
import { check as checkModel, noSpin } from './spin.js';

const check = (options: string, optimise: '-O0' | '-O2') => checkModel('shared-source.pml', options, optimise);
// Two cores, and a verifier of the larger configurations takes half a gigabyte.
vi.setConfig({ maxConcurrency: 2, testTimeout: 240_000 });

const ALWAYS = ['a secondary joins while the primary builds', 'the primary waits for a secondary'];
const CRASHES = [
  'a primary repairs a source that a crash left half moved',
  "a secondary joins while a crashed primary's `running` is left",
  'a secondary stops at its own `running.<name>` of a crash',
  'a secondary stops at the `running` of a crash',
  'a secondary waits at the `update` of a crash',
  'a crashed secondary blocks the update',
  'the primary stops at the `running` of a crash',
  'the primary stops at the `update` of a crash',
];
const TWICE = ['a second process of a secondary stops', 'a second process of the primary stops'];
const JOURNAL = ['a run merges two records', 'a secondary has got every commit'];
const LOST_AND_FOUND = ['a record also holds an update that crashed before its own record'];
const TWO = ['a secondary joins beside a crashed one'];
const THREE = ['three secondaries are joined'];

interface Configuration {
  readonly name: string;
  readonly options: string;
  readonly reaches: readonly string[];
  /** Steps that this configuration leaves out on purpose; every other step is taken. */
  readonly leavesOut?: RegExp;
}

const NOTHING_TO_MERGE = /^upto = 0$/;
/** Without crashes too much is left out to list; `reaches` says what must happen. */
const CRASH_STEPS = /./;
const PRIMARY_CURSOR = /^from = |^D_STEP\d+$/;
const REPAIRED = [...ALWAYS, ...CRASHES, ...JOURNAL];

const configurations: readonly Configuration[] = [
  {
    name: 'three secondaries, second processes of a build, crashes anywhere',
    options: 'NS=3 TWICE',
    reaches: [...ALWAYS, ...CRASHES, ...TWICE, ...TWO, ...THREE],
    leavesOut: NOTHING_TO_MERGE,
  },
  {
    name: 'three secondaries and crashes, the updates of one of them watched',
    options: 'NS=3 JOURNAL COMMITS=2 WATCH_ONE',
    reaches: [...ALWAYS, ...CRASHES, ...JOURNAL, ...LOST_AND_FOUND, ...TWO, ...THREE],
    leavesOut: PRIMARY_CURSOR,
  },
  {
    name: 'two secondaries and crashes, the updates of every build watched',
    options: 'NS=2 JOURNAL COMMITS=2',
    reaches: [...ALWAYS, ...CRASHES, ...JOURNAL, ...LOST_AND_FOUND, ...TWO],
  },
  {
    name: 'one secondary, second processes, crashes, three commits',
    options: 'NS=1 JOURNAL COMMITS=3 TWICE',
    reaches: [...ALWAYS, ...CRASHES, ...TWICE, ...JOURNAL, ...LOST_AND_FOUND],
  },
  {
    name: 'make and git outlive the runs that crashed, and what a stage has started its top process',
    options: 'NS=3 ORPHANS',
    reaches: [...ALWAYS, ...CRASHES, ...TWO, ...THREE],
    leavesOut: NOTHING_TO_MERGE,
  },
  {
    name: 'a stream of secondaries does not starve a waiting primary',
    options: 'NS=3 TWICE NO_CRASHES LIVENESS',
    reaches: [...ALWAYS, ...TWICE, ...THREE],
    leavesOut: CRASH_STEPS,
  },
  {
    name: 'nor if it looks for secondaries in the section and they look for `update` outside it first',
    options: 'NS=3 NO_CRASHES LIVENESS CHECK_IN_SECTION LOOK_BEFORE_SECTION',
    reaches: [...ALWAYS, ...THREE],
    leavesOut: CRASH_STEPS,
  },
  {
    name: 'leaving before the cursor moves does no harm',
    options: 'NS=1 JOURNAL COMMITS=3 LEAVE_BEFORE_CURSOR',
    reaches: [...ALWAYS, ...CRASHES, ...JOURNAL, ...LOST_AND_FOUND],
  },
  {
    name: 'no build of an unrecorded source, since the mark stays until the record is there',
    options: 'NS=2 JOURNAL COMMITS=1 STRICT_SOURCE',
    reaches: [...REPAIRED, ...LOST_AND_FOUND, ...TWO],
  },
  {
    name: 'nor if secondaries wait for its record besides',
    options: 'NS=2 JOURNAL COMMITS=1 STRICT_SOURCE JOIN_NEEDS_RECORD',
    reaches: [...REPAIRED, ...LOST_AND_FOUND, ...TWO],
  },
];

const NO_UPDATE = '1: no update between join and leave';
const HALF_MOVED = '1: nobody reads a half moved source';
const ORPHAN = '7: no update while a child of a crashed run reads';
const ONE_RUN = '2: one run in a build directory';
const ONCE = '4: every update once and in order';
const NO_JOIN = '5: nobody joins once the update is claimed';
const AS_RECORDED = '6: the source is what the journal says';

/** The model itself under test: each mistake, and the promise that it breaks. ONLY=n checks that promise alone. */
const mistakes: readonly (readonly [mistake: string, broken: string])[] = [
  ['NS=3 MUTATE_UPDATE_AFTER_RUNNING', NO_JOIN],
  ['NS=3 ONLY=1 MUTATE_CHECK_BEFORE_CLAIM', NO_UPDATE],
  ['NS=3 ONLY=1 MUTATE_JOIN_WITHOUT_SECTION', NO_UPDATE],
  ['NS=3 ONLY=5 MUTATE_NO_WRITER_PREFERENCE', NO_JOIN],
  ['NS=3 TWICE ONLY=2 MUTATE_BEGIN_NOT_EXCLUSIVE', ONE_RUN],
  ['NS=3 TWICE ONLY=2 MUTATE_SECOND_PROCESS_CLEANS_UP', ONE_RUN],
  ['NS=3 ONLY=1 MUTATE_CLEANUP_ON_CRASH', NO_UPDATE],
  ['NS=3 ONLY=1 MUTATE_NO_MARK', HALF_MOVED],
  ['NS=1 JOURNAL ONLY=1 MUTATE_NO_MARK', HALF_MOVED],
  ['NS=3 ONLY=1 MUTATE_MARK_AFTER_MOVE', HALF_MOVED],
  ['NS=3 ONLY=1 MUTATE_UNLOCK_REMOVES_MARK', HALF_MOVED],
  ['NS=3 ONLY=1 MUTATE_BUILD_IGNORES_MARK', HALF_MOVED],
  ['NS=1 JOURNAL STRICT_SOURCE MUTATE_UNMARK_BEFORE_RECORD', AS_RECORDED],
  ['NS=3 ONLY=7 ORPHANS MUTATE_STAGE_ENDS_WITH_ITS_TOP', ORPHAN],
  ['NS=3 ONLY=1 MUTATE_UNLOCK_WITHOUT_SECOND_LOOK', NO_UPDATE],
  ['NS=3 TWICE ONLY=2 MUTATE_UNLOCK_WITHOUT_SECOND_LOOK', ONE_RUN],
  ['NS=3 ONLY=1 ORPHANS MUTATE_UNLOCK_DESPITE_CHILDREN', NO_UPDATE],
  ['NS=3 ONLY=7 ORPHANS MUTATE_UNLOCK_DESPITE_CHILDREN', ORPHAN],
  ['NS=1 JOURNAL ONLY=4 MUTATE_CURSOR_FIRST', ONCE],
  ['NS=1 JOURNAL ONLY=4 MUTATE_RECORD_FROM_HEAD', ONCE],
  ['NS=1 JOURNAL ONLY=4 MUTATE_BASELINE_AFTER_UPDATE', ONCE],
  ['NS=1 JOURNAL ONLY=4 MUTATE_NO_CURSOR_IN_AN_EMPTY_JOURNAL', ONCE],
  ['NS=1 JOURNAL ONLY=6 MUTATE_NO_MARK MUTATE_DELETE_UPDATE_BEFORE_RECORD', AS_RECORDED],
  ['NS=1 JOURNAL MUTATE_JOURNAL_BEFORE_JOIN', AS_RECORDED],
  ['NS=1 JOURNAL STRICT_SOURCE ONLY=6 MUTATE_NO_MARK', AS_RECORDED],
];

describe
  .skipIf(noSpin !== undefined)
  .concurrent(`the shared source protocol, model checked (${noSpin ?? 'spin'})`, () => {
    for (const { name, options, reaches, leavesOut } of configurations) {
      test(`${name} (${options})`, async () => {
        const { errors, broken, reached, unreached, incomplete, states } = await check(options, '-O2');
        expect({ errors, broken, incomplete }).toEqual({ errors: 0, broken: undefined, incomplete: [] });
        expect(reached).toEqual([...reaches].sort());
        expect(unreached.filter((step) => !leavesOut?.test(step))).toEqual([]);
        expect(states).toBeGreaterThan(5_000);
      });
    }

    for (const [mistake, promise] of mistakes) {
      test(`the mistake is found: ${mistake}`, async () => {
        const { errors, broken } = await check(mistake, '-O0');
        expect({ errors, broken }).toEqual({ errors: 1, broken: promise });
      });
    }

    for (const mistake of ['MUTATE_NO_WRITER_PREFERENCE', 'CHECK_IN_SECTION']) {
      test(`the mistake is found: ${mistake} starves a waiting primary`, async () => {
        const { errors, broken, starves } = await check(`NS=3 NO_CRASHES LIVENESS ONLY=1 ${mistake}`, '-O0');
        expect({ errors, broken, starves }).toEqual({ errors: 1, broken: undefined, starves: true });
      });
    }
  });
