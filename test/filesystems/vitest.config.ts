import { defineConfig } from 'vitest/config';

/** The tests that need the laboratory, one machine for all of them: `npm run test:filesystems`. */
export default defineConfig({
  test: {
    include: ['test/filesystems/**/*.fs.test.ts'],
    globalSetup: ['test/build-once.ts'],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
