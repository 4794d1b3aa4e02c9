// Builds the native front of ct-lock-helper into dist/, where there is a C compiler; else, or with --portable (for the
// package, which other machines install), a few lines of JavaScript take its place, and everything works, only slower.
// Also npm's install script of the published package, which npm may block: the package brings those lines along.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'dist', 'ct-lock-helper');

export const SOURCES = join(root, 'native');
export const FLAGS = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra'];

/** @returns {'native' | 'portable'} what is there now */
export function buildFront({ portable = false } = {}) {
  const kind = !portable && process.platform === 'linux' && compile() ? 'native' : 'portable';
  if (kind === 'portable') {
    // Removed first: a running program cannot be written to.
    rmSync(program, { force: true });
    writeFileSync(program, "#!/usr/bin/env node\nimport('./ct-lock-helper.js');\n");
  }
  chmodSync(program, 0o755);
  return kind;
}

function compile() {
  const sources = readdirSync(SOURCES)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(SOURCES, name));
  const scratch = mkdtempSync(join(root, 'dist', '.native-'));
  try {
    const output = join(scratch, 'ct-lock-helper');
    const node = `-DNODE="${process.execPath.replace(/[\\"]/g, '\\$&')}"`;
    // Static where the system has the libraries for it: half of the start-up time is the dynamic linker's.
    let problem = '';
    for (const linking of [['-static'], []]) {
      const args = [...FLAGS, node, ...linking, '-s', '-o', output, ...sources];
      const done = spawnSync('cc', args, { stdio: 'pipe', encoding: 'utf8' });
      if (done.error !== undefined) return false; // no compiler
      if (done.status === 0) {
        renameSync(output, program);
        return true;
      }
      problem = done.stderr;
    }
    process.stderr.write(
      `${problem}ct-lock-helper could not be built in C; the slower one in JavaScript takes its place\n`,
    );
    return false;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && existsSync(join(root, 'dist'))) {
  buildFront({ portable: process.argv.includes('--portable') });
}
