import { spawnSync } from 'node:child_process';
import { defineConfig } from 'vitest/config';

/**
 * Tests that start many processes. Two files at a time all the same: most of their time they wait, and what fails beside
 * another one would fail on a user's machine, too.
 */
const heavy = ['test/{stages,system,torture,model,compile,cleanup}/**/*.test.ts', 'test/locks/**/*.system.test.ts'];

/** Minutes pass in a second or two there, so that what takes its time beside others comes too late: alone, at the end. */
const accelerated = ['test/system/{real-cron,two-schedulers}.test.ts'];

/** What of its tests starts no helper. */
const helperless = ['test/compile/{plan,native-plan,temporary}.test.ts'];

/** The tests of ct-lock-helper run a second time, against its native front. */
const hasNativeFront = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

function conformance(name: string, directory: string) {
  return {
    extends: true as const,
    test: {
      name,
      include: ['test/compile/**/*.test.ts'],
      exclude: helperless,
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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...heavy, 'test/filesystems/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'system', include: heavy, exclude: accelerated, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'accelerated',
          include: accelerated,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      ...(hasNativeFront ? [conformance('native', 'dist'), conformance('sanitized', 'dist/sanitized')] : []),
    ],
  },
});
