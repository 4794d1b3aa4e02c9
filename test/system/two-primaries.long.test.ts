import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SystemName } from '../../src/updates/record.js';
import { noOtherUser } from '../support/other-user.js';
import { LOCAL_SUBMODULES, temporaryDirectory } from '../updates/repository.js';
import { environment, makeRepository, missingFor } from '../updates/systems/repositories.js';
import { noRoot, STAGELOCK, untilThere } from './programs.js';

const QUIET = { status: 0, stderr: '' };

/** A repository, a clone `source` of it, and configurations that are made one by one. */
function projectOf(type: SystemName = 'git') {
  const root = realpathSync(temporaryDirectory());
  const repository = makeRepository(type, root);
  const source = join(root, 'source');
  repository.commit({ log: 'one', write: { a: '1\n', 'sub/b': '1\n' } });
  repository.clone(source);

  /** Writes a configuration in a directory of its own, with a primary and a secondary of it. */
  const configure = (
    name: string,
    options: { source?: string; more?: string; stage?: string; update?: string } = {},
  ) => {
    const directory = join(root, name);
    mkdirSync(directory, { recursive: true });
    const branch = type === 'git' ? ', branch = "main"' : '';
    writeFileSync(
      join(directory, 'stagelock.toml'),
      `[project]
name = "x"
[defaults.stages.build]
shell = '''${options.stage ?? 'cat "$STAGELOCK_SOURCE/a" >> built'}'''
[builds.${name}]
source = "${options.source ?? source}"
directory = "build"
update = { type = "${type}"${branch}${options.update ?? ''} }
[builds.${name}-debug]
primary = "${name}"
directory = "debug"
${options.more ?? ''}
`,
    );
    return directory;
  };
  return { root, repository, source, configure, claim: join(source, CLAIMS[type]) };
}

const CLAIMS: Readonly<Record<SystemName, string>> = {
  git: '.git/stagelock-primary.json',
  svn: '.svn/stagelock-primary.json',
  hg: '.hg/stagelock-primary.json',
  cvs: 'CVS/stagelock-primary.json',
};

function stagelock(directory: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [STAGELOCK, ...args], {
    timeout: 60_000,
    cwd: directory,
    env: environment,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Runs the primary of a configuration. */
const run = (directory: string, build = nameOf(directory)) => stagelock(directory, 'run', build);
const nameOf = (directory: string): string => directory.slice(directory.lastIndexOf('/') + 1);
const locksOf = (directory: string): string[] =>
  readdirSync(join(directory, 'build', 'Testing', 'Temporary')).filter((name) => /^(running|update|build$)/.test(name));
const identityIn = (file: string): string => JSON.parse(readFileSync(file, 'utf8')).identity;

describe.each(['git', 'svn', 'hg', 'cvs'] as const)('two primaries on one source in %s', (type) => {
  const missing = missingFor(type);
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';

  test.skipIf(missing.length > 0)(`do not move it under each other's stages${because}`, async () => {
    const { root, repository, configure, claim } = projectOf(type);
    const anna = configure('anna', {
      stage:
        'cat "$STAGELOCK_SOURCE/a" > seen; : > at-work; while [ ! -e ../build/finish ]; do sleep 0.02; done; cat "$STAGELOCK_SOURCE/a" >> seen',
    });
    const bert = configure('bert');
    const building = spawn(process.execPath, [STAGELOCK, 'run', 'anna'], { cwd: anna, env: environment });
    const ended = new Promise((resolve) => building.once('close', resolve));
    await untilThere(join(anna, 'build', 'at-work'));
    repository.commit({ log: 'two', write: { a: '2\n' } });
    const refused = run(bert);
    const secondary = run(bert, 'bert-debug');
    writeFileSync(join(anna, 'build', 'finish'), '');
    const code = await ended;
    expect(readFileSync(join(anna, 'build', 'seen'), 'utf8')).toBe('1\n1\n');
    expect(code).toBe(0);

    expect(refused).toMatchObject({ status: 75, stdout: '' });
    const lines = refused.stderr.replaceAll(root, 'ROOT').split('\n');
    expect(lines[0]).toBe(
      'stagelock: bert: not run, because ROOT/source has another primary: anna of ROOT/anna/stagelock.toml.',
    );
    expect(lines[1]).toMatch(`  ${claim.replace(root, 'ROOT')}: claimed by ${userInfo().username} on ${hostname()}`);
    expect(lines[2]).toBe('    build directory: ROOT/anna/build');
    expect(lines.at(-2)).toBe(`  rm ${claim.replace(root, 'ROOT')}`);
    expect(locksOf(bert)).toEqual([]);
    expect(secondary).toMatchObject({ status: 75, stdout: '' });
    expect(secondary.stderr).toMatch(
      /^stagelock: bert-debug: not run, because \S+, the source of its primary bert, has/,
    );
    expect(existsSync(join(bert, 'build', 'built'))).toBe(false);

    // The one that has it goes on, and so does its secondary.
    expect(run(anna)).toMatchObject(QUIET);
    expect(run(anna, 'anna-debug')).toMatchObject(QUIET);
  });

  test.skipIf(missing.length > 0)(`the claim outlives every clean-up and shows in no status${because}`, () => {
    const { repository, configure, source, claim } = projectOf(type);
    const anna = configure('anna');
    expect(run(anna)).toMatchObject(QUIET);
    const before = readFileSync(claim, 'utf8');
    const commands: Record<SystemName, string[]> = {
      git: ['git clean -q -x -f -d', 'git gc -q --prune=now', 'git stash -q -u', 'git fsck', 'git worktree prune'],
      svn: [
        'svn cleanup -q --remove-unversioned --remove-ignored --vacuum-pristines',
        'svn cleanup -q',
        'svn revert -q -R .',
      ],
      hg: ['hg --config extensions.purge= purge --all', 'hg update -q -C .', 'hg verify -q', 'hg recover -q || true'],
      cvs: ['cvs -Q update -C -d -A -P', 'cvs -Q tag x'],
    };
    for (const command of commands[type])
      execFileSync('sh', ['-ec', command], { cwd: source, env: environment, stdio: 'pipe' });
    expect(readFileSync(claim, 'utf8')).toBe(before);
    const status = {
      git: 'git status --porcelain --ignored',
      svn: 'svn status --no-ignore',
      hg: 'hg status -A | grep -v ^C || true',
      cvs: 'cvs -nQ update',
    };
    expect(execFileSync('sh', ['-ec', status[type]], { cwd: source, env: environment, encoding: 'utf8' })).toBe('');
    repository.commit({ log: 'two', write: { a: '2\n' } });
    expect(run(anna)).toMatchObject(QUIET);
    expect(readFileSync(claim, 'utf8')).toBe(before);
    expect(lstatSync(claim).mode & 0o777).toBe(0o644);
  });
});

describe('a source is claimed whatever the path that leads to it:', () => {
  const ways: Record<string, (project: ReturnType<typeof projectOf>) => string> = {
    'a symbolic link': ({ root, source }) => {
      symlinkSync(source, join(root, 'link'));
      return join(root, 'link');
    },
    'a directory in it': ({ source }) => join(source, 'sub'),
    'slashes and dots': ({ source }) => `${source}//sub/../`,
  };
  test.each(Object.entries(ways))('%s', (_, way) => {
    const project = projectOf();
    expect(run(project.configure('anna'))).toMatchObject(QUIET);
    const refused = run(project.configure('bert', { source: way(project) }));
    expect(refused.status).toBe(75);
    expect(refused.stderr).toContain('has another primary: anna of ');
  });

  test.skipIf(noRoot() !== undefined)('a bind mount', () => {
    const { root, source, configure } = projectOf();
    const mount = join(root, 'mount');
    mkdirSync(mount);
    if (spawnSync('mount', ['--bind', source, mount]).status !== 0) return;
    onTestFinished(() => void execFileSync('umount', [mount]));
    expect(run(configure('anna'))).toMatchObject(QUIET);
    expect(run(configure('bert', { source: mount })).status).toBe(75);
  });

  test('a repository whose directory is kept apart', () => {
    const { root, source, configure } = projectOf();
    execFileSync('git', ['init', '-q', '--separate-git-dir', join(root, 'apart')], { cwd: source, env: environment });
    expect(run(configure('anna'))).toMatchObject(QUIET);
    expect(existsSync(join(root, 'apart', 'stagelock-primary.json'))).toBe(true);
    expect(run(configure('bert')).status).toBe(75);
  });
});

test('two work trees of one repository have a primary each, and each only one', () => {
  const { root, source, configure } = projectOf();
  const tree = join(root, 'tree');
  execFileSync('git', ['checkout', '-q', '-b', 'local'], { cwd: source, env: environment });
  execFileSync('git', ['worktree', 'add', '-q', tree, 'main'], { cwd: source, env: environment });
  const local = ', command = ["true"]';
  expect(run(configure('anna', { update: local }))).toMatchObject(QUIET);
  expect(run(configure('bert', { source: tree }))).toMatchObject(QUIET);
  expect(existsSync(join(source, '.git/worktrees/tree/stagelock-primary.json'))).toBe(true);
  expect(run(configure('carl', { source: tree })).stderr).toContain('has another primary: bert of ');
});

test('a submodule is moved by the primary that updates submodules, and by no other one', () => {
  const { root, configure } = projectOf();
  const allow = { ...environment, ...LOCAL_SUBMODULES };
  const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, env: allow, stdio: 'pipe' });
  mkdirSync(join(root, 'library'));
  git(join(root, 'library'), 'init', '-q', '-b', 'main');
  git(join(root, 'library'), 'commit', '-q', '--allow-empty', '-m', 'library');
  git(join(root, 'work'), 'submodule', '--quiet', 'add', join(root, 'library'), 'lib');
  git(join(root, 'work'), 'commit', '-q', '-m', 'with a submodule');
  git(join(root, 'work'), 'push', '-q', 'origin', 'main');
  git(join(root, 'source'), 'pull', '-q', '--recurse-submodules');
  git(join(root, 'source'), 'submodule', '--quiet', 'update', '--init');
  const lib = join(root, 'source', 'lib');
  expect(run(configure('anna', { update: ', command = ["true"]' }))).toMatchObject(QUIET);
  expect(run(configure('bert', { source: lib, update: ', command = ["true"]', stage: 'true' }))).toMatchObject(QUIET);
  expect(run(configure('anna', { update: ', submodules = true, command = ["true"]' }))).toMatchObject(QUIET);
  const refused = run(join(root, 'bert'));
  expect(refused.status).toBe(75);
  expect(refused.stderr).toContain('has another primary: anna of ');
});

describe('the claim stays with its primary', () => {
  test('whose build directory was wiped', () => {
    const { configure, claim } = projectOf();
    const anna = configure('anna');
    expect(run(anna)).toMatchObject(QUIET);
    const before = identityIn(claim);
    rmSync(join(anna, 'build'), { recursive: true });
    expect(run(anna)).toMatchObject(QUIET);
    expect(identityIn(claim)).not.toBe(before);
    expect(run(configure('bert')).status).toBe(75);
  });

  test('that was renamed', () => {
    const { root, configure, claim } = projectOf();
    const anna = configure('anna');
    expect(run(anna)).toMatchObject(QUIET);
    const before = identityIn(claim);
    const config = join(anna, 'stagelock.toml');
    writeFileSync(config, readFileSync(config, 'utf8').replaceAll('anna', 'zoe'));
    expect(run(anna, 'zoe')).toMatchObject(QUIET);
    expect(JSON.parse(readFileSync(claim, 'utf8'))).toMatchObject({ identity: before, build: 'zoe' });
    expect(run(configure('bert')).stderr).toContain(`has another primary: zoe of ${join(root, 'anna/stagelock.toml')}`);
  });

  test('whose project directory was moved, and is not shared with a copy of it', () => {
    const { root, configure, claim } = projectOf();
    const anna = configure('anna');
    expect(run(anna)).toMatchObject(QUIET);
    const before = identityIn(claim);
    const moved = join(root, 'moved');
    renameSync(anna, moved);
    expect(run(moved, 'anna')).toMatchObject(QUIET);
    expect(JSON.parse(readFileSync(claim, 'utf8'))).toMatchObject({
      identity: before,
      directory: join(moved, 'build'),
    });

    cpSync(moved, anna, { recursive: true });
    const copy = run(anna);
    expect(copy.status).toBe(75);
    expect(copy.stderr).toMatch(
      `anna: not run, because ${join(anna, 'build')} is a copy of the build directory that is the primary of `,
    );
    expect(run(anna, 'anna-debug').status).toBe(75);
    expect(run(moved, 'anna')).toMatchObject(QUIET);
    expect(run(moved, 'anna-debug')).toMatchObject(QUIET);
    rmSync(moved, { recursive: true });
    expect(run(anna).status).toBe(0);
  });

  test('when its source was cloned anew', () => {
    const { repository, configure, source, claim } = projectOf();
    const anna = configure('anna');
    expect(run(anna)).toMatchObject(QUIET);
    const before = identityIn(claim);
    rmSync(source, { recursive: true });
    repository.clone(source);
    expect(run(anna)).toMatchObject(QUIET);
    expect(identityIn(claim)).toBe(before);
  });

  test('until a person has removed it', () => {
    const { configure, claim } = projectOf();
    const anna = configure('anna');
    const bert = configure('bert');
    expect(run(anna)).toMatchObject(QUIET);
    const refused = run(bert);
    execFileSync('sh', ['-c', refused.stderr.split('\n').at(-2) ?? '']);
    expect(existsSync(claim)).toBe(false);
    expect(run(bert)).toMatchObject({ status: 0, stderr: expect.stringContaining('bert: runs again.') });
    expect(run(anna).status).toBe(75);
  });
});

test('a primary without an update claims nothing', () => {
  const { configure, claim } = projectOf();
  const reader = configure('reader');
  const config = join(reader, 'stagelock.toml');
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^update = .*$/m, ''));
  expect(run(reader)).toMatchObject(QUIET);
  expect(existsSync(claim)).toBe(false);
  expect(run(configure('anna'))).toMatchObject(QUIET);
  expect(run(reader)).toMatchObject(QUIET);
});

test('of many primaries that come at once, one gets the source', async () => {
  const { configure, claim } = projectOf();
  const names = ['anna', 'bert', 'carl', 'dora'];
  const codes = await Promise.all(
    names.map((name) => {
      const child = spawn(process.execPath, [STAGELOCK, 'run', name], {
        cwd: configure(name),
        env: environment,
        stdio: 'ignore',
      });
      return new Promise<number | null>((resolve) => void child.once('close', resolve));
    }),
  );
  expect(codes.toSorted()).toEqual([0, 75, 75, 75]);
  expect(JSON.parse(readFileSync(claim, 'utf8')).build).toBe(names[codes.indexOf(0)]);
});

test('of copies of a moved directory that come at once, one keeps the source', async () => {
  const { root, configure, claim } = projectOf();
  const anna = configure('anna');
  expect(run(anna)).toMatchObject(QUIET);
  const copies = ['one', 'two', 'three'].map((name) => join(root, name));
  for (const copy of copies) cpSync(anna, copy, { recursive: true });
  rmSync(anna, { recursive: true });
  const codes = await Promise.all(
    copies.map((cwd) => {
      const child = spawn(process.execPath, [STAGELOCK, 'run', 'anna'], { cwd, env: environment, stdio: 'ignore' });
      return new Promise<number | null>((resolve) => void child.once('close', resolve));
    }),
  );
  expect(codes.toSorted()).toEqual([0, 75, 75]);
  expect(JSON.parse(readFileSync(claim, 'utf8')).directory).toBe(join(copies[codes.indexOf(0)] ?? '', 'build'));
});

test('check and status say that another primary has the source, and the warning is not repeated', () => {
  const { configure } = projectOf();
  const anna = configure('anna');
  const bert = configure('bert');
  expect(stagelock(bert, 'check')).toMatchObject(QUIET);
  expect(run(anna)).toMatchObject(QUIET);
  expect(stagelock(anna, 'check')).toMatchObject(QUIET);
  const check = stagelock(bert, 'check');
  expect(check.status).toBe(2);
  expect(check.stderr).toContain('bert: not run, because ');
  expect(JSON.parse(stagelock(bert, 'check', '--json').stdout).problems).toHaveLength(1);
  expect(stagelock(bert, 'status').stdout).toContain('has another primary: anna of ');
  expect(stagelock(anna, 'status').stdout).not.toContain('primary: ');
  expect(run(bert).stderr).not.toBe('');
  expect(run(bert)).toMatchObject({ status: 75, stderr: '' });
});

describe('what stands in the place of the claim is named, left alone, and keeps runs away:', () => {
  const plants: Record<string, { readonly is: string; readonly plant: (path: string, root: string) => void }> = {
    'a link': { is: 'it is a symbolic link', plant: (path, root) => symlinkSync(join(root, 'precious'), path) },
    'a dangling link': { is: 'it is a symbolic link', plant: (path) => symlinkSync('nowhere', path) },
    'a directory': { is: 'it is a directory', plant: (path) => mkdirSync(path) },
    'a named pipe': { is: 'a device, a socket or a named pipe', plant: (path) => execFileSync('mkfifo', [path]) },
    'an empty file': { is: 'it is empty', plant: (path) => writeFileSync(path, '') },
    garbage: { is: 'it names no primary', plant: (path) => writeFileSync(path, '{"format":1,"identity":7}') },
    'a large file': { is: 'it has 1000000 bytes', plant: (path) => writeFileSync(path, Buffer.alloc(1_000_000)) },
  };
  const cases = Object.entries(plants).flatMap(([what, { is, plant }]) =>
    (['source', 'build'] as const).map((where) => ({ what, where, is, plant })),
  );
  test.each(cases)('$what at the $where', ({ where, is, plant }) => {
    const { root, configure, claim } = projectOf();
    writeFileSync(join(root, 'precious'), 'precious');
    const anna = configure('anna');
    const file = where === 'source' ? claim : join(anna, 'build/Testing/Updates/source-claim.json');
    mkdirSync(join(file, '..'), { recursive: true });
    plant(file, root);
    const refused = run(anna);
    expect(refused).toMatchObject({ status: 73, stdout: '' });
    expect(refused.stderr).toContain(`anna: not run, because ${file} does not name the primary of `);
    expect(refused.stderr).toContain(is);
    expect(locksOf(anna)).toEqual([]);
    execFileSync('sh', ['-c', refused.stderr.split('\n').at(-2) ?? '']);
    expect(run(anna).status).toBe(0);
    expect(readFileSync(join(root, 'precious'), 'utf8')).toBe('precious');
  });

  test('what a claim says cannot steer the terminal or the shell', () => {
    const { configure, claim } = projectOf();
    const anna = configure('anna');
    expect(run(anna)).toMatchObject(QUIET);
    const evil = {
      ...JSON.parse(readFileSync(claim, 'utf8')),
      identity: 'x',
      build: 'p\n\u001b[2Jgood\u202e',
      user: "'; touch x",
    };
    writeFileSync(claim, JSON.stringify(evil));
    const refused = run(configure('bert'));
    expect(refused.status).toBe(75);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(refused.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(6);
  });
});

describe.skipIf(noOtherUser !== undefined)('between users', () => {
  const ANNA = '61001';
  const BERT = '61002';
  const as = (uid: string, directory: string, build: string) => {
    const options = [`--reuid=${uid}`, '--regid=61000', '--clear-groups'];
    const { status, stderr } = spawnSync('setpriv', [...options, process.execPath, STAGELOCK, 'run', build], {
      cwd: directory,
      env: { ...environment, HOME: '/nonexistent', GIT_CONFIG_GLOBAL: join(directory, 'gitconfig') },
      encoding: 'utf8',
    });
    return { status, stderr };
  };
  const give = (uid: string, path: string) => execFileSync('chown', ['-R', `${uid}:61000`, path]);

  function shared() {
    const project = projectOf();
    chmodSync(project.root, 0o755);
    execFileSync('chmod', ['-R', 'g+rwX', project.source]);
    give(ANNA, project.source);
    const configured = (uid: string, name: string, options = {}) => {
      const directory = project.configure(name, options);
      writeFileSync(join(directory, 'gitconfig'), '[safe]\n\tdirectory = *\n');
      give(uid, directory);
      return directory;
    };
    return { ...project, configured };
  }

  test('a claim that the second one may not read is not called wrong, and not to be removed', () => {
    const { configured, claim } = shared();
    expect(as(ANNA, configured(ANNA, 'anna'), 'anna')).toMatchObject(QUIET);
    chmodSync(claim, 0o600);
    const refused = as(BERT, configured(BERT, 'bert'), 'bert');
    expect(refused.stderr).toContain(`this user cannot read ${claim}`);
    expect(refused.stderr).not.toMatch(/^ *rm /m);
    expect(refused.status).toBe(73);
  });

  test('the second one is told who the first one is', () => {
    const { configured } = shared();
    expect(as(ANNA, configured(ANNA, 'anna'), 'anna')).toMatchObject(QUIET);
    const refused = as(BERT, configured(BERT, 'bert'), 'bert');
    expect(refused.status).toBe(75);
    expect(refused.stderr).toMatch(/: claimed by 61001 on /);
  });

  test('who may not write at the source is told what to do, and that does', () => {
    const { configured, source, claim } = shared();
    execFileSync('chmod', ['-R', 'go-w', source]);
    const bert = configured(BERT, 'bert', { update: ', command = ["true"]' });
    const refused = as(BERT, bert, 'bert');
    expect(refused.status).toBe(73);
    expect(refused.stderr).toContain(
      `this user cannot create ${claim}, which names the primary of ${source}: this user cannot write there.`,
    );
    expect(locksOf(bert)).toEqual([]);
    execFileSync('sh', ['-c', refused.stderr.split('\n').at(-2) ?? '']);
    expect(as(BERT, bert, 'bert').status).toBe(0);
    expect(as(ANNA, configured(ANNA, 'anna'), 'anna').status).toBe(75);

    // It moves; what was copied says so no more, and is copied once more.
    renameSync(bert, `${bert}-moved`);
    const moved = as(BERT, `${bert}-moved`, 'bert');
    expect(moved.status).toBe(73);
    execFileSync('sh', ['-c', moved.stderr.split('\n').at(-2) ?? '']);
    expect(as(BERT, `${bert}-moved`, 'bert').status).toBe(0);
  });
});

describe.skipIf(noRoot() !== undefined)('on a disk', () => {
  const mounted = (root: string): string => {
    const mount = join(root, 'disk');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'stagelock-test', mount]);
    onTestFinished(() => void execFileSync('umount', [mount]));
    return mount;
  };

  test('that is full nothing is claimed and nothing begun', () => {
    const { root, source, configure } = projectOf();
    const mount = mounted(root);
    const full = join(mount, 'source');
    cpSync(source, full, { recursive: true });
    const anna = configure('anna', { source: full });
    spawnSync('dd', ['if=/dev/zero', `of=${join(mount, 'fill')}`, 'bs=1k']);
    const ended = run(anna);
    expect(ended.status).toBe(70);
    expect(ended.stderr).toMatch(/^stagelock: the disk is full: .*\n {2}anna was not built; no lock is left\.\n$/);
    expect(locksOf(anna)).toEqual([]);
    expect(readdirSync(join(full, '.git')).filter((name) => /stagelock|tmp/.test(name))).toEqual([]);
    rmSync(join(mount, 'fill'));
    expect(run(anna)).toMatchObject(QUIET);
  });

  test('that is read-only the source cannot be claimed, and its primary is told so', () => {
    const { root, source, configure } = projectOf();
    const mount = mounted(root);
    const fixed = join(mount, 'source');
    cpSync(source, fixed, { recursive: true });
    const anna = configure('anna', { source: fixed });
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    const ended = run(anna);
    expect(ended.status).toBe(73);
    expect(ended.stderr).toContain('the file system is read-only');
    expect(locksOf(anna)).toEqual([]);
  });
});
