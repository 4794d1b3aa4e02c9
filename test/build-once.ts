import { execFileSync } from 'node:child_process';

/** Set once the programs are built: each of the test projects calls this. */
const BUILT = 'STAGELOCK_TESTS_BUILT';

/** The system tests run the programs as a user would, from dist/. */
export default function buildOnce(): void {
  if (process.env[BUILT] !== undefined) return;
  process.env[BUILT] = 'yes';
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
