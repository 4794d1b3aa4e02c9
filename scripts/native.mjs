// Builds the native front of ct-lock-helper and the keeper of stages into dist/, where there is a C compiler; else, or with
// --portable (for the package, which other machines install), a few lines of JavaScript take the place of the front, and
// stagelock itself that of the keeper.
// Also npm's install script of the published package, which npm may block: the package brings those lines along.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compiler } from './compiler.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'dist', 'ct-lock-helper');
const keeper = join(root, 'dist', 'stage-keeper');

export const SOURCES = join(root, 'native');
export const FLAGS = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra'];

/** A small C library in the place of the system's, whose start takes longer than all the rest; see system.h there. */
const LIBRARY = join(SOURCES, 'libc');
export const LIBRARY_FLAGS = [
  ...['-nostdlib', '-static', '-Wl,-z,noseparate-code', '-fno-pie', '-fno-builtin', '-fno-stack-protector'],
  ...['-U_FORTIFY_SOURCE', '-D__NO_CTYPE'],
];
const HAS_LIBRARY = ['x64', 'arm64'].includes(process.arch);

/** @returns {'native' | 'portable'} what is there now */
export function buildNative({ portable = false } = {}) {
  const native = !portable && process.platform === 'linux';
  // Without it stagelock itself looks for what a stage has started.
  rmSync(keeper, { force: true });
  if (native) compile(join(SOURCES, 'keeper'), keeper, 'processes that a stage hides from /proc are not found');
  const built =
    native &&
    ((HAS_LIBRARY && compileWithLibrary()) ||
      compile(SOURCES, program, 'the slower one in JavaScript takes its place'));
  const kind = built ? 'native' : 'portable';
  if (kind === 'portable') {
    // Removed first: a running program cannot be written to.
    rmSync(program, { force: true });
    writeFileSync(program, "#!/usr/bin/env node\nimport('./ct-lock-helper.js');\n");
  }
  chmodSync(program, 0o755);
  return kind;
}

/** The front with the small library. Where that does not build or run, the system's will do: no word of it. @returns whether it is there now */
function compileWithLibrary() {
  return inScratch((output) => {
    const options = [...LIBRARY_FLAGS, '-s', '-o', output, ...cFilesOf(SOURCES), ...cFilesOf(LIBRARY), '-lgcc'];
    const built = cc(options).status === 0 && spawnSync(output, ['launch', '--', 'true']).status === 0;
    if (built) renameSync(output, program);
    return built;
  });
}

/** Compiles all C files of a directory. @returns whether the program is there now */
function compile(directory, target, otherwise) {
  return inScratch((output) => {
    // Static where the system has the libraries for it: half of the start-up time is the dynamic linker's.
    let problem = '';
    for (const linking of [['-static'], []]) {
      const done = cc([...linking, '-s', '-o', output, ...cFilesOf(directory)]);
      if (done.error !== undefined) return false; // no compiler
      if (done.status === 0) {
        renameSync(output, target);
        return true;
      }
      problem = done.stderr;
    }
    process.stderr.write(`${problem}${basename(target)} could not be built in C; ${otherwise}\n`);
    return false;
  });
}

export function cFilesOf(directory) {
  const names = readdirSync(directory).filter((name) => name.endsWith('.c'));
  return names.map((name) => join(directory, name));
}

function cc(options) {
  const node = `-DNODE="${process.execPath.replace(/[\\"]/g, '\\$&')}"`;
  const [program, ...before] = compiler();
  return spawnSync(program, [...before, ...FLAGS, node, ...options], { stdio: 'pipe', encoding: 'utf8' });
}

/** Has a program built beside its later place. */
function inScratch(build) {
  const scratch = mkdtempSync(join(root, 'dist', '.native-'));
  try {
    return build(join(scratch, 'program'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && existsSync(join(root, 'dist'))) {
  buildNative({ portable: process.argv.includes('--portable') });
}
