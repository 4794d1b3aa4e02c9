import { defineConfig } from 'vitest/config';

/** Tests that start many processes, fill cores or measure time run one file after the other. */
const heavy = ['test/{stages,system,torture,model,compile,cleanup}/**/*.test.ts', 'test/locks/**/*.system.test.ts'];

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
          exclude: heavy,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'system', include: heavy, maxWorkers: 1, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
