// Builds the native front of ct-lock-helper and the keeper of stages into dist/, where there is a C compiler; else, or with
// --portable (for the package, which other machines install), a few lines of JavaScript take the place of the front, and
// stagelock itself that of the keeper.
// Also npm's install script of the published package, which npm may block: the package brings those lines along.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'dist', 'ct-lock-helper');
const keeper = join(root, 'dist', 'stage-keeper');

export const SOURCES = join(root, 'native');
export const FLAGS = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra'];

/** @returns {'native' | 'portable'} what is there now */
export function buildNative({ portable = false } = {}) {
  const native = !portable && process.platform === 'linux';
  // Without it stagelock itself looks for what a stage has started.
  rmSync(keeper, { force: true });
  if (native) compile(join(SOURCES, 'keeper'), keeper, 'processes that a stage hides from /proc are not found');
  const kind =
    native && compile(SOURCES, program, 'the slower one in JavaScript takes its place') ? 'native' : 'portable';
  if (kind === 'portable') {
    // Removed first: a running program cannot be written to.
    rmSync(program, { force: true });
    writeFileSync(program, "#!/usr/bin/env node\nimport('./ct-lock-helper.js');\n");
  }
  chmodSync(program, 0o755);
  return kind;
}

/** Compiles all C files of a directory. @returns whether the program is there now */
function compile(directory, target, otherwise) {
  const sources = readdirSync(directory)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(directory, name));
  const scratch = mkdtempSync(join(root, 'dist', '.native-'));
  try {
    const output = join(scratch, 'program');
    const node = `-DNODE="${process.execPath.replace(/[\\"]/g, '\\$&')}"`;
    // Static where the system has the libraries for it: half of the start-up time is the dynamic linker's.
    let problem = '';
    for (const linking of [['-static'], []]) {
      const args = [...FLAGS, node, ...linking, '-s', '-o', output, ...sources];
      const done = spawnSync('cc', args, { stdio: 'pipe', encoding: 'utf8' });
      if (done.error !== undefined) return false; // no compiler
      if (done.status === 0) {
        renameSync(output, target);
        return true;
      }
      problem = done.stderr;
    }
    process.stderr.write(`${problem}${basename(target)} could not be built in C; ${otherwise}\n`);
    return false;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && existsSync(join(root, 'dist'))) {
  buildNative({ portable: process.argv.includes('--portable') });
}
