// Makes what C and TypeScript share of tables/, then bundles src/ into dist/: one file per program plus shared chunks, so that a program reads only what it needs.
// koffi stays outside (its binaries live in its own package); types come from tsc when asked for with --types. The native
// parts are built where there is a C compiler, unless --portable.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildNative } from './native.mjs';
import { writeTables } from './tables.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const programs = ['stagelock', 'ct-lock-helper', 'ct-cleanup-locks'];

await writeTables();
rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(join(root, 'dist'), { recursive: true });
const bundle = await rolldown({
  cwd: root,
  input: {
    ...Object.fromEntries(programs.map((name) => [name, `src/cli/${name}.ts`])),
    index: 'src/index.ts',
    locks: 'src/locks/library.ts',
    etcd: 'src/coordination/library.ts',
  },
  platform: 'node',
  external: ['koffi'],
  // The version, which the smallest programs print without a look at another file.
  optimization: { inlineConst: { mode: 'all', pass: 1 } },
});
const output = { dir: 'dist', format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js', minify: 'dce-only' };
await bundle.write({ ...output, codeSplitting: { groups: groupsOf((await bundle.generate(output)).output) } });
await bundle.close();
await buildForRequire();
for (const name of programs) chmodSync(join(root, 'dist', `${name}.js`), 0o755);
buildNative({ portable: process.argv.includes('--portable') });

if (process.argv.includes('--types')) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.declarations.json'], { cwd: root, stdio: 'inherit' });
  // The same declarations once more: in there they are those of CommonJS.
  if (done.status === 0) cpSync(join(root, 'dist', 'types'), join(root, 'dist', 'cjs', 'types'), { recursive: true });
  process.exit(done.status ?? 1);
}

/** The locks for `require()`, which knows ES modules only from Node 20.19 and 22.12 on, and for type checkers that do not know that. */
async function buildForRequire() {
  const bundle = await rolldown({ cwd: root, input: 'src/locks/library.ts', platform: 'node', external: ['koffi'] });
  await bundle.write({ file: 'dist/cjs/locks.js', format: 'cjs', minify: 'dce-only' });
  await bundle.close();
  writeFileSync(join(root, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
}

/**
 * What a run loads becomes few files: each costs Node some ten system calls and a turn of its loop, which with fifty small ones
 * is a tenth of a run without news. The helper and `exec`, which start more often, load no more than before.
 *
 * @param output of a bundle without groups: its chunks
 */
function groupsOf(output) {
  const chunks = new Map(output.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk]] : [])));
  const loadedBy = (program) => {
    const reached = new Set();
    const reach = (fileName) => {
      const chunk = chunks.get(fileName);
      if (chunk === undefined || reached.has(chunk)) return;
      reached.add(chunk);
      chunk.imports.forEach(reach);
    };
    for (const { facadeModuleId, fileName } of chunks.values())
      if (facadeModuleId?.endsWith(`/src/cli/${program}.ts`)) reach(fileName);
    // What a program does not share with another one has a file of its own anyway.
    const shared = [...reached].filter(({ facadeModuleId }) => facadeModuleId === null);
    return new Set(shared.flatMap(({ moduleIds }) => moduleIds));
  };
  const groups = ['ct-lock-helper', 'exec', 'run'].map((program) => ({ program, modules: loadedBy(program) }));
  return groups.map(({ program, modules }) => ({ name: `${program}-parts`, test: (id) => modules.has(id) }));
}
