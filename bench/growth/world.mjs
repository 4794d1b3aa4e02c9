// Projects of given sizes, made by the real programs where that is quick, else file by file as they would.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist');
export const STAGELOCK = join(dist, 'stagelock.js');
export const program = (name) => join(dist, name);

/** Neither the machine's nor the user's configuration takes part. */
export const environment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'Growth'],
      [`GIT_${who}_EMAIL`, 'growth@example.org'],
    ]),
  ),
  HGPLAIN: '1',
  HGUSER: 'growth',
};

export const padded = (number, width = 8) => String(number).padStart(width, '0');
export const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1);

export class World {
  root = mkdtempSync(join(tmpdir(), 'stagelock-growth-world-'));
  config = this.path('stagelock.toml');

  path(...names) {
    return join(this.root, ...names);
  }

  write(path, text) {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  read(path) {
    return readFileSync(this.path(path), 'utf8');
  }

  names(path) {
    return readdirSync(this.path(path));
  }

  /** Runs a program in a directory of it. */
  run(directory, name, ...args) {
    return execFileSync(name, args, {
      cwd: this.path(directory),
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  }

  /** The arguments of a command of ours, as {@link costOf} takes them. */
  stagelock(...args) {
    return { argv: ['node', STAGELOCK, '--config', this.config, ...args], cwd: this.root, env: environment };
  }

  runStagelock(...args) {
    return this.run('.', process.execPath, STAGELOCK, '--config', this.config, ...args);
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** So many files, a hundred in each directory. */
export function writeFiles(world, directory, count) {
  for (const n of numbers(count)) world.write(join(directory, `d${Math.floor(n / 100)}`, `f${n}.c`), `int f${n};\n`);
}

const UPDATE = {
  git: 'type = "git"\nremote = "origin"\nbranch = "main"',
  svn: 'type = "svn"',
  hg: 'type = "hg"',
};

/**
 * A primary `main` on a source of its own.
 *
 * @param {{type?: 'git' | 'svn' | 'hg', files?: number, secondaries?: number, builds?: number, stage?: string, more?: string, of?: string}} options
 */
export function makeProject({
  type = 'git',
  files = 10,
  secondaries = 0,
  builds = 0,
  stage = '["true"]',
  more = '',
  of: ofEach = '',
} = {}) {
  const world = new World();
  MAKE[type](world, files);
  const of = (name, more) => `[builds.${name}]\ndirectory = "${name}"\n${more}\n`;
  world.write(
    'stagelock.toml',
    `[project]
name = "Growth"
${more}
[defaults]
source = "source"
model = "Continuous"
[defaults.stages.build]
command = ${stage}
${of('main', `[builds.main.update]\n${UPDATE[type]}`)}
${numbers(secondaries)
  .map((n) => of(`s${n}`, 'primary = "main"'))
  .join('\n')}
${numbers(builds)
  .map((n) => of(`b${n}`, `source = "elsewhere"\n${ofEach}`))
  .join('\n')}`,
  );
  return world;
}

const MAKE = {
  git(world, files) {
    writeFiles(world, 'origin', files);
    world.run('origin', 'git', '-c', 'init.defaultBranch=main', 'init', '-q');
    world.run('origin', 'git', 'add', '.');
    world.run('origin', 'git', 'commit', '-qm', 'The beginning');
    world.run('.', 'git', 'clone', '-q', 'origin', 'source');
  },
  svn(world, files) {
    world.run('.', 'svnadmin', 'create', 'origin');
    writeFiles(world, 'import', files);
    world.run('.', 'svn', 'import', '-q', '-m', 'The beginning', 'import', `file://${world.path('origin')}`);
    world.run('.', 'svn', 'checkout', '-q', `file://${world.path('origin')}`, 'source');
  },
  hg(world, files) {
    writeFiles(world, 'origin', files);
    world.run('origin', 'hg', 'init');
    world.run('origin', 'hg', 'commit', '-qAm', 'The beginning');
    world.run('.', 'hg', 'clone', '-q', 'origin', 'source');
  },
};

/** A commit in the origin of a project that changes so many of its files. */
export function commit(world, files = 1, type = 'git') {
  const directory = type === 'svn' ? 'work' : 'origin';
  if (type === 'svn') checkOutOnce(world);
  for (const n of numbers(files)) {
    world.write(`${directory}/d${Math.floor(n / 100)}/f${n}.c`, `int f${n} = ${process.hrtime.bigint()};\n`);
  }
  if (type === 'git') world.run(directory, 'git', 'commit', '-qam', 'A change');
  else world.run(directory, type, 'commit', '-q', '-m', 'A change');
}

/** Where somebody else works. */
function checkOutOnce(world) {
  if (world.names('.').includes('work')) return;
  world.run('.', 'svn', 'checkout', '-q', `file://${world.path('origin')}`, 'work');
}
