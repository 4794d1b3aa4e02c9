import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configDirectories, gitRootOf, parseCtConf } from '../../src/cleanup/ct-conf.js';
import { withoutIdleOptions } from '../../src/cleanup/idle-options.js';
import { deadPid } from '../locks/processes.js';
import { cleaner, type Ended, leaveLock, objectDirectory, recordOf } from './cleaner.js';

/* ct-cleanup-locks as compiletools 13 is called. */

/** A repository with an object directory of two variants, a stale lock in each. */
class Project {
  readonly root = realpathSync(objectDirectory());
  readonly home = objectDirectory();

  constructor(pool = join(this.root, 'cas-objdir')) {
    execFileSync('git', ['init', '-q', this.root]);
    for (const variant of ['gcc.cxx20.debug', 'clang.release']) this.litter(join(pool, variant, 'ab'));
  }

  litter(directory: string, age?: number): string {
    mkdirSync(directory, { recursive: true });
    return leaveLock('lockdir', join(directory, 'a.o'), recordOf(deadPid()), ...(age === undefined ? [] : [age]));
  }

  write(path: string, text: string): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  run(
    args: readonly string[],
    { below = '.', environment = {} as Readonly<Record<string, string>> } = {},
  ): Promise<Ended> {
    const unset = ['VARIANT', 'XDG_CONFIG_HOME', 'CAS_OBJDIR'].filter((name) => !(name in environment));
    const through = ['env', ...unset.flatMap((name) => ['-u', name]), '-C', join(this.root, below)];
    const own = { HOME: this.home, XDG_CONFIG_DIRS: join(this.home, 'xdg') };
    return cleaner(['--ssh-timeout=0', ...args], { through, environment: { ...own, ...environment } });
  }

  /** The variants whose lock is gone. */
  cleaned(pool = join(this.root, 'cas-objdir')): string[] {
    return ['gcc.cxx20.debug', 'clang.release'].filter((name) => !existsSync(join(pool, name, 'ab', 'a.o.lockdir')));
  }
}

const BOTH = ['gcc.cxx20.debug', 'clang.release'];

describe('without --objdir', () => {
  test("the repository's cas-objdir is cleaned, from each of its directories", async () => {
    const project = new Project();
    project.write('src/deep/a.c', '');
    expect(await project.run([], { below: 'src/deep' })).toMatchObject({ code: 0, stderr: '' });
    expect(project.cleaned()).toEqual(BOTH);
  });

  test('one variant of it, whatever the order of its parts', async () => {
    for (const [args, environment] of [
      [['--variant=debug,gcc,cxx20'], {}],
      [['--variant', 'gcc cxx20 debug'], {}],
      [[], { VARIANT: 'gcc.cxx20.debug' }],
      [['--variant=gcc.cxx20.debug', '--cas-objdir=cas-objdir/gcc.cxx20.debug'], {}],
    ] as const) {
      const project = new Project();
      expect(await project.run(args, { environment })).toMatchObject({ code: 0, stderr: '' });
      expect(project.cleaned()).toEqual(['gcc.cxx20.debug']);
    }
  });

  test('all variants of it', async () => {
    for (const args of [
      ['--all-variants'],
      ['--all-variants', '--variant=clang.release', '--cas-objdir=cas-objdir/clang.release'],
    ]) {
      const project = new Project();
      expect(await project.run(args)).toMatchObject({ code: 0, stderr: '' });
      expect(project.cleaned()).toEqual(BOTH);
    }
  });

  test('a variant that is not there is an error', async () => {
    const project = new Project();
    const { code, stderr } = await project.run(['--variant=msvc']);
    expect([code, stderr]).toEqual([
      1,
      `ct-cleanup-locks: ${project.root}/cas-objdir/msvc: there is no such directory\n`,
    ]);
    expect(project.cleaned()).toEqual([]);
  });

  test('the directory is the one that a ct.conf names, and the nearest one counts', async () => {
    const pool = objectDirectory();
    const project = new Project(pool);
    const elsewhere = join(project.root, 'elsewhere');
    project.litter(elsewhere);
    mkdirSync(join(project.home, '.config', 'ct'), { recursive: true });
    writeFileSync(join(project.home, '.config/ct/ct.conf'), `cas-objdir = ${elsewhere}\n`);
    project.write('ct.conf.d/ct.conf', `# ours\ncas-objdir = ${elsewhere} # not this one\n`);
    project.write('ct.conf', `cas-objdir = "\${POOL}"\nvariant = gcc.debug\n`);
    project.write('sub/a.c', '');
    expect(await project.run([], { below: 'sub', environment: { POOL: pool } })).toMatchObject({ code: 0, stderr: '' });
    expect(project.cleaned(pool)).toEqual(BOTH);
    expect(existsSync(join(elsewhere, 'a.o.lockdir'))).toBe(true);
  });

  test('a relative one is taken from the root of the repository', async () => {
    for (const text of [
      'cas-objdir = build/objects',
      `cas-objdir: \${CONF_DIR}/build/objects`,
      'cas-objdir build/objects',
    ]) {
      const project = new Project();
      const lock = project.litter(join(project.root, 'build/objects/gcc'));
      project.write('ct.conf', `${text}\n`);
      project.write('sub/a.c', '');
      expect(await project.run([], { below: 'sub' })).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(join(project.root, 'build/objects', lock))).toBe(false);
      expect(project.cleaned()).toEqual([]);
    }
  });

  test('the command line is above the environment, that above -c FILE, that above each ct.conf', async () => {
    const project = new Project();
    const places = ['line', 'environment', 'file', 'conf'].map((name) => join(project.root, name));
    const [line, environment, file, conf] = places as [string, string, string, string];
    project.write('ct.conf', `cas-objdir = ${conf}\n`);
    project.write('mine.conf', `cas-objdir = ${file}\n`);
    const all = { args: [`--cas-objdir=${line}`], more: ['-c', 'mine.conf'], environment: { CAS_OBJDIR: environment } };
    for (const [at, options] of [
      [line, all],
      [environment, { ...all, args: [] }],
      [file, { ...all, args: [], environment: {} }],
      [conf, { args: [], more: [], environment: {} }],
    ] as const) {
      for (const place of places) project.litter(join(place, 'gcc'));
      const { code } = await project.run([...options.args, ...options.more], { environment: options.environment });
      const gone = places.filter((place) => !existsSync(join(place, 'gcc', 'a.o.lockdir')));
      expect([code, gone]).toEqual([0, [at]]);
      execFileSync('rm', ['-r', ...places]);
    }
  });

  test('a disabled one is not the repository', async () => {
    const project = new Project();
    project.write('ct.conf', 'cas-objdir =\n');
    expect(await project.run([])).toMatchObject({ code: 0, stderr: '' });
    expect(project.cleaned()).toEqual([]);
  });

  test('nothing of this counts with --objdir', async () => {
    const project = new Project();
    project.write('ct.conf', `cas-objdir = ${project.root}\nmin-lock-age = 999999999\n`);
    const own = objectDirectory();
    project.litter(own);
    expect(await project.run([`--objdir=${own}`])).toMatchObject({ code: 0 });
    expect(existsSync(join(own, 'a.o.lockdir'))).toBe(false);
    expect(project.cleaned()).toEqual([]);
  });
});

test('--lock-cross-host-timeout is the least age, on the command line and in ct.conf', async () => {
  const project = new Project();
  const young = join(project.root, 'cas-objdir', 'young');
  project.litter(young, 120);
  const isThere = (): boolean => existsSync(join(young, 'a.o.lockdir'));
  await project.run([]);
  expect(isThere()).toBe(true);
  project.write('ct.conf', 'lock-cross-host-timeout = 60\n');
  await project.run(['--lock-cross-host-timeout=300']);
  expect(isThere()).toBe(true);
  await project.run([]);
  expect(isThere()).toBe(false);
  expect(await project.run(['--lock-cross-host-timeout=soon'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--lock-cross-host-timeout=soon is not a number of seconds'),
  });
});

test('options without an effect are accepted, and --help names them', async () => {
  const project = new Project();
  const idle = [
    ['--file-locking', '--no-file-locking', '--file-locking=true'],
    ['--file-locking', 'true', '--lock-warn-interval=60', '--lock-warn-interval', '30'],
    ['--bindir=bin', '--bindir', 'out', '--sleep-interval-lockdir', '0.1', '--sleep-interval-cifs=0.2'],
    ['--sleep-interval-flock-fallback=1', '--cas-pchdir=x', '--cas-pcmdir', 'y', '--cas-exedir=z', '--use-mtime'],
    ['--allow-fake-git', '--no-force-flat-exe-layout', '--variant-canonical-order=gcc,debug'],
  ].flat();
  expect(await project.run([...idle, '--dry-run'])).toMatchObject({ code: 0, stderr: '' });
  const { stdout } = await cleaner(['--help']);
  for (const word of idle.filter((each) => each.startsWith('--') && !each.includes('sleep-interval'))) {
    expect(stdout).toContain(`--${word.replace(/^--(no-)?/, '').replace(/=.*/, '')}`);
  }
});

describe('the command line', () => {
  test.each([
    [['--bindir'], ['--bindir']],
    [['--file-locking', '--dry-run'], ['--dry-run']],
    [['--objdir=a', '--no-file-locking'], ['--objdir=a']],
    [['--bindir', '--dry-run'], []],
    [['--bindirs=x'], ['--bindirs=x']],
  ])('%j', (args, kept) => {
    expect(withoutIdleOptions(args)).toEqual(kept);
  });
});

describe('ct.conf', () => {
  test('is read as compiletools reads it', () => {
    const text = [
      '# comment',
      '; comment',
      '[section]',
      '---',
      'a = b c  # d',
      "b='x # y'",
      'c:"z"',
      'd   e',
      'flag',
      'empty =',
      'home = ~/x',
      'tilde = a~b',
      `env = $NAME/\${NAME}x/$$NAME/$NONE`,
      `dir = \${CONF_DIR}/o`,
      '= nothing',
      'windows = yes\r',
    ].join('\n');
    const read = parseCtConf(text, '/conf', { home: '/home/me', environment: { NAME: 'v' } });
    expect(Object.fromEntries(read)).toMatchObject({
      a: 'b c',
      c: 'z',
      d: 'e',
      empty: '',
      home: '/home/me/x',
      tilde: 'a~b',
      env: 'v/vx/$NAME/$NONE',
      dir: '/conf/o',
      windows: 'yes',
    });
  });

  test('lies where compiletools looks', () => {
    const directory = realpathSync(objectDirectory());
    execFileSync('git', ['init', '-q', directory]);
    mkdirSync(join(directory, 'sub'));
    const environment = { XDG_CONFIG_DIRS: '/x:/y' };
    expect(configDirectories({ directory: join(directory, 'sub'), home: '/h', environment })).toEqual([
      '/x/ct',
      '/h/.config/ct',
      join(directory, 'sub', 'ct.conf.d'),
      join(directory, 'src/compiletools/ct.conf.d'),
      join(directory, 'ct.conf.d'),
      directory,
      join(directory, 'sub'),
    ]);
    expect(gitRootOf(join(directory, 'sub'))).toBe(directory);
  });

  test('an empty .git is no repository', () => {
    const directory = realpathSync(objectDirectory());
    mkdirSync(join(directory, '.git'));
    mkdirSync(join(directory, 'sub'));
    expect(gitRootOf(join(directory, 'sub'))).toBe(join(directory, 'sub'));
  });
});
