// The world of the night, below one temporary directory: a bare repository, two people who push to it, the source tree that
// the builds share, a sendmail, and the few variables that cron gives to what it starts.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compiler } from '../../scripts/compiler.mjs';
import { STAGELOCK, withCompiler } from '../world.mjs';

const here = dirname(fileURLToPath(import.meta.url));

export const GRACE = { name: 'Grace Hall', address: 'grace@example.org' };
export const ZOE = { name: 'Zoë Ångström', address: 'zoe@example.org' };
/** As demo/night/stagelock.toml names them. */
export const MAINTAINERS = 'builds@example.org';
export const MONITOR = 'watch@example.org';

/** Makes all of it below an empty directory, with the first commit pushed and checked out. */
export async function makeWorld(root) {
  for (const directory of ['home', 'sent', 'bin']) mkdirSync(join(root, directory));
  const strict = findProgram('clang') === undefined ? 'pedantic' : 'clang';
  const filling = sanitizerWorks(root) ? 'asan' : 'perturb';
  const world = {
    root,
    config: join(root, 'stagelock.toml'),
    witnessLog: join(root, 'witness.log'),
    sent: join(root, 'sent'),
    primary: 'gcc',
    secondaries: [strict, filling],
    /** The build that a commit breaks, and the one that gets stuck in it. */
    breaks: strict,
    sticks: filling,
    environment: environmentOf(root),
  };
  for (const name of ['git', 'say']) cpSync(join(here, '..', 'bin', name), join(root, 'bin', name));
  cpSync(join(here, 'sendmail'), join(root, 'sendmail'));
  writeFileSync(world.config, configuration(strict, filling));
  writeFileSync(world.witnessLog, '');
  const program = join(root, 'bin', 'stagelock');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${STAGELOCK}" "$@"\n`);
  chmodSync(program, 0o755);
  await git(world, root, '-c', 'init.defaultBranch=main', 'init', '-q', '--bare', 'origin.git');
  await git(world, root, 'clone', '-q', 'origin.git', 'desk');
  await push(world, GRACE, 1, 'Count words');
  await git(world, root, 'clone', '-q', '--branch', 'main', 'origin.git', 'source');
  return world;
}

/** Commits and pushes what stands in program/N, as the work of a person. */
export async function push(world, { name, address }, number, message) {
  const desk = join(world.root, 'desk');
  cpSync(join(here, 'program', String(number)), desk, { recursive: true });
  await git(world, desk, 'add', '-A');
  const identity = ['-c', `user.name=${name}`, '-c', `user.email=${address}`];
  await git(world, desk, ...identity, 'commit', '-q', '-m', message);
  await git(world, desk, 'push', '-q', 'origin', 'HEAD:main');
}

/** What the source tree stands at. */
export async function checkedOut(world) {
  const { stdout } = await git(world, join(world.root, 'source'), 'log', '-1', '--format=%s');
  return stdout.trim();
}

function git({ environment }, directory, ...args) {
  return promisify(execFile)(environment.DEMO_GIT, args, { cwd: directory, env: environment });
}

/**
 * Without clang another compiler that takes C only as it is in the standard, and without the address sanitizer a malloc that
 * fills what it gives out, too.
 */
function configuration(strict, filling) {
  let text = readFileSync(join(here, 'stagelock.toml'), 'utf8');
  if (strict !== 'clang') {
    text = text.replace('CC = "clang"\nCFLAGS = "-O1"', 'CC = "gcc"\nCFLAGS = "-O1 -std=c11 -pedantic-errors"');
  }
  if (filling !== 'asan')
    text = text.replace(' -fsanitize=address', '').replace(/^ASAN_OPTIONS.*/m, 'MALLOC_PERTURB_ = "65"');
  return withCompiler(text)
    .replaceAll('builds.clang', `builds.${strict}`)
    .replaceAll('builds/clang', `builds/${strict}`)
    .replaceAll('builds.asan', `builds.${filling}`)
    .replaceAll('builds/asan', `builds/${filling}`);
}

/**
 * What cron gives to what it starts, and what a crontab says itself: PATH, and here what the programs `git` and `say` need to
 * tell the witness log. Nothing of a terminal, a language, or the git configuration of this machine.
 */
function environmentOf(root) {
  const home = join(root, 'home');
  return {
    HOME: home,
    LOGNAME: 'night',
    SHELL: '/bin/sh',
    PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}`,
    DEMO: root,
    DEMO_GIT: findProgram('git'),
    GIT_CONFIG_NOSYSTEM: '1',
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

/** Not every gcc comes with its library, and not every machine lets it run. */
function sanitizerWorks(root) {
  const script = `echo "int main(void) { return 0; }" > probe.c && ${compiler().join(' ')} -fsanitize=address -o probe probe.c && ./probe`;
  try {
    execFileSync('/bin/sh', ['-c', script], { cwd: join(root, 'home'), stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
