// The world of the demo, below one temporary directory: a bare repository, a developer who pushes to it, the source tree
// that the builds share, the configuration, and the environment in which everything runs.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compiler } from '../scripts/compiler.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '..', 'dist');
export const STAGELOCK = join(dist, 'stagelock.js');

/** Makes all of it below an empty directory, with the first change pushed and checked out. */
export async function makeWorld(root) {
  const environment = environmentOf(root);
  const other = findProgram('clang') === undefined ? 'gcc-debug' : 'clang';
  const world = {
    root,
    environment,
    config: join(root, 'stagelock.toml'),
    primary: 'gcc',
    secondaries: ['gcc-fast', other],
    witnessLog: join(root, 'witness.log'),
    git: gitIn(join(root, 'developer'), environment),
  };
  cpSync(join(here, 'bin'), join(root, 'bin'), { recursive: true });
  writeFileSync(world.config, configuration(other));
  writeFileSync(world.witnessLog, '');
  writeHelper(join(root, 'bin', 'ct-lock-helper'));
  for (const directory of ['updates', 'builds/shared', ...buildsOf(world).map((name) => temporaryOf(name))]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  const git = gitIn(root, environment);
  await git('-c', 'init.defaultBranch=main', 'init', '-q', '--bare', 'origin.git');
  await git('clone', '-q', 'origin.git', 'developer');
  cpSync(join(here, 'program'), join(root, 'developer'), { recursive: true });
  await push(world, 1);
  await git('clone', '-q', '--branch', 'main', 'origin.git', 'source');
  return world;
}

export function buildsOf({ primary, secondaries }) {
  return [primary, ...secondaries];
}

/** Where a build keeps its stage locks, relative to the root. */
export function temporaryOf(build) {
  return join('builds', build, 'Testing', 'Temporary');
}

/** What a change is called: the message of its commit, and what a program built from it prints. */
export function nameOf(change) {
  return `change ${change}`;
}

/** Commits and pushes a change. It reaches every object, and three files, between which a build must never see the tree. */
export async function push({ root, git }, change) {
  const developer = join(root, 'developer');
  writeFileSync(join(developer, 'change.h'), `#define CHANGE "${nameOf(change)}"\n`);
  for (const name of ['tables', 'digest']) writeFileSync(join(developer, `${name}.c`), largePart(name, change));
  await git('add', '-A');
  await git('commit', '-q', '-m', nameOf(change));
  await git('push', '-q', 'origin', 'HEAD:main');
}

/** C that takes the compiler a moment, so that two builds that need the object meet. */
function largePart(name, change) {
  const functions = Array.from(
    { length: 250 },
    (_, i) => `static unsigned f${i}(unsigned x) {
  for (unsigned n = 0; n < x % ${i + 3}; n++) x = x * ${i + 7}u + (x >> ${(i % 13) + 1});
  return x;
}`,
  );
  const calls = functions.map((_, i) => `x = f${i}(x);`);
  return `${functions.join('\n')}
unsigned ${name}(unsigned x) { ${calls.join(' ')} return x; }
const char *${name}_change(void) { return "${nameOf(change)}"; }
`;
}

function configuration(other) {
  const text = readFileSync(join(here, 'stagelock.toml'), 'utf8');
  const named = other === 'clang' ? text : text.replace('CC = "clang"', 'CC = "gcc"').replaceAll('clang', other);
  return withCompiler(named);
}

/** The builds that say gcc use the compiler that there is. */
export function withCompiler(configuration) {
  return configuration.replaceAll('CC = "gcc"', `CC = ${JSON.stringify(compiler().join(' '))}`);
}

/** `ct-lock-helper` in the PATH of the makefile, as an installation would put it there. */
function writeHelper(path) {
  writeFileSync(path, `#!/bin/sh\nexec "${join(dist, 'ct-lock-helper')}" "$@"\n`);
  chmodSync(path, 0o755);
}

/** Neither the git configuration of this machine nor a make or git that has called us takes part. */
function environmentOf(root) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(GIT_|MAKE|MFLAGS|CT_LOCK_|STAGELOCK_|CDPATH)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}`,
    DEMO: root,
    DEMO_GIT: findProgram('git'),
    HELPER: 'ct-lock-helper',
    SHARED_CC: compiler().join(' '),
    // In a build of seconds nobody waits for the thirty after which a wait is told by default.
    CT_LOCK_WARN_INTERVAL: '0.1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Dev Eloper',
    GIT_AUTHOR_EMAIL: 'dev@example.org',
    GIT_COMMITTER_NAME: 'Dev Eloper',
    GIT_COMMITTER_EMAIL: 'dev@example.org',
  };
}

/** The absolute path of a program, or undefined where there is none. */
function findProgram(name) {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function gitIn(directory, environment) {
  return (...args) => promisify(execFile)(environment.DEMO_GIT, args, { cwd: directory, env: environment });
}
