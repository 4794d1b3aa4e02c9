// Bundles src/ into dist/: one file per program plus shared chunks, so that a program reads only what it needs.
// koffi stays outside (its binaries live in its own package); types come from tsc when asked for with --types. The native
// parts are built where there is a C compiler, unless --portable.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildNative } from './native.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const programs = ['stagelock', 'ct-lock-helper', 'ct-cleanup-locks'];

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(join(root, 'dist'), { recursive: true });
const bundle = await rolldown({
  cwd: root,
  input: {
    ...Object.fromEntries(programs.map((name) => [name, `src/cli/${name}.ts`])),
    index: 'src/index.ts',
    locks: 'src/locks/index.ts',
  },
  platform: 'node',
  external: ['koffi'],
});
await bundle.write({ dir: 'dist', format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js', minify: 'dce-only' });
await bundle.close();
for (const name of programs) chmodSync(join(root, 'dist', `${name}.js`), 0o755);
buildNative({ portable: process.argv.includes('--portable') });

if (process.argv.includes('--types')) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.declarations.json'], { cwd: root, stdio: 'inherit' });
  process.exit(done.status ?? 1);
}
