import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';
import { EXTENT, longTestsLeftOut } from './test/long-tests.js';
import { hasRuntime, SANITIZERS } from './test/support/runtime.js';

/** A part of the long tests has nothing else, since `npm test` has the others; but torture is longer in it. */
const IS_PART = EXTENT.kind === 'part';
const NAMES = IS_PART ? '*.long.test.ts' : '*.test.ts';
const leftOut = longTestsLeftOut(import.meta.dirname, EXTENT);

/**
 * Tests that start many processes. Two files at a time all the same: most of their time they wait, and what fails beside
 * another one would fail on a user's machine, too.
 */
const heavy = [
  `test/{stages,system,model,compile,cleanup}/**/${NAMES}`,
  `test/locks/**/*.system.test.ts`,
  'test/torture/**/*.test.ts',
];

/** Minutes pass in a second or two there, so that what takes its time beside others comes too late: alone, at the end. */
const accelerated = ['test/system/{real-cron,two-schedulers}.long.test.ts'];

/** What of its tests starts no helper. */
const helperless = ['test/compile/{plan,native-plan.long,temporary}.test.ts'];

/** The tests of ct-lock-helper run a second time, against its native front. */
const hasNativeFront = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;
/** And a third time against the checked one; not in `npm test`. */
const hasCheckedFront = EXTENT.kind !== 'quick' && hasNativeFront && hasRuntime('cc', ...SANITIZERS);
if (hasNativeFront && !hasCheckedFront && EXTENT.kind !== 'quick')
  process.stderr.write('test/compile does not run against the checked front: cc has no sanitizers here\n');

function conformance(name: string, directory: string, names: string) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/compile/**/${names}`],
      exclude: [...helperless, ...leftOut],
      env: {
        STAGELOCK_TEST_HELPER: `${directory}/ct-lock-helper`,
        // The memory of one compile is given back by its end.
        ASAN_OPTIONS: 'detect_leaks=0',
      },
      maxWorkers: 2,
      sequence: { groupOrder: 2 },
    },
  };
}

export default defineConfig({
  test: {
    globalSetup: ['test/build-once.ts'],
    reporters: ['default', './test/support/skipped-reporter.ts', './test/support/unfinished-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [`test/**/${NAMES}`],
          exclude: [...heavy, ...leftOut, 'test/filesystems/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: heavy,
          exclude: [...accelerated, ...leftOut],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'accelerated',
          include: accelerated,
          exclude: leftOut,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      ...(hasNativeFront ? [conformance('native', 'dist', NAMES)] : []),
      // Whatever is quick, too, since `npm test` leaves this one out.
      ...(hasCheckedFront ? [conformance('sanitized', 'dist/sanitized', '*.test.ts')] : []),
    ],
  },
});
