import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { EXTENT } from './long-tests.js';
import { hasRuntime, SANITIZERS } from './support/runtime.js';

/** Set once the programs are built: each of the test projects calls this. */
const BUILT = 'STAGELOCK_TESTS_BUILT';

/** The system tests run the programs as a user would, from dist/. */
export default async function buildOnce(): Promise<void> {
  if (process.env[BUILT] !== undefined) return;
  process.env[BUILT] = 'yes';
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  await bundleInternals(join('dist', 'internals'));
  if (EXTENT.kind !== 'quick' && process.platform === 'linux' && hasRuntime('cc', ...SANITIZERS))
    buildSanitized(join('dist', 'sanitized'));
}

/** Parts of the program for processes that tests start. */
async function bundleInternals(directory: string): Promise<void> {
  const bundle = await rolldown({ input: 'test/support/internals.ts', platform: 'node', external: ['koffi'] });
  await bundle.write({ file: join(directory, 'locks.js'), format: 'esm', codeSplitting: false });
  await bundle.close();
}

/** The native front once more, with checks that end it at the first wrong step in memory; it warns of nothing, either. */
function buildSanitized(directory: string): void {
  mkdirSync(directory);
  symlinkSync('../ct-lock-helper.js', join(directory, 'ct-lock-helper.js'));
  const sources = readdirSync('native').filter((name) => name.endsWith('.c'));
  const checks = [...SANITIZERS, '-Wall', '-Wextra', '-Werror'];
  const output = join(directory, 'ct-lock-helper');
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', ...checks, `-DNODE="${process.execPath}"`, '-o', output];
  execFileSync('cc', [...flags, ...sources.map((name) => join('native', name))], { stdio: 'inherit' });
}
