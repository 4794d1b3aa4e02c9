import { execFileSync } from 'node:child_process';

/** The system tests run the programs as a user would, from dist/. */
export default function buildOnce(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
