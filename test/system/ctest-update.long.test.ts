import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_SUBMODULES } from '../updates/repository.js';
import { DartBuild } from './dart-build.js';
import { missing, noRoot, STAGELOCK } from './programs.js';

const noCtest = missing('ctest');
const builds: DartBuild[] = [];
let template: GitBuild | undefined;
beforeAll(() => {
  template = new GitBuild();
  builds.pop();
});
afterAll(() => template?.remove());
afterEach(() => {
  for (const build of builds.splice(0)) build.remove();
});

/** A build of a clone, `sub` being a directory in it; the origin has a commit that the clone has not. */
class GitBuild extends DartBuild {
  readonly top = join(this.root, 'clone');

  constructor(below = '') {
    super(join('clone', below));
    builds.push(this);
    rmSync(this.top, { recursive: true });
    if (template === undefined) this.#begin();
    else
      for (const name of ['origin', 'clone'])
        cpSync(join(template.root, name), join(this.root, name), { recursive: true });
  }

  #begin(): void {
    this.git('', 'init', '-q', '--initial-branch=main', 'origin');
    this.commit('1');
    this.git('', 'clone', '-q', 'origin', 'clone');
    // Still right in a copy of both.
    this.git('clone', 'config', 'remote.origin.url', '../origin');
    this.commit('2');
  }

  commit(content: string): void {
    mkdirSync(join(this.root, 'origin', 'sub'), { recursive: true });
    writeFileSync(join(this.root, 'origin', 'sub', 'file'), content);
    this.git('origin', 'add', '.');
    this.git('origin', 'commit', '-q', '-m', content);
  }

  git(directory: string, ...args: string[]): string {
    const identity = ['-c', 'user.name=n', '-c', 'user.email=n@example.org'];
    const { code, stdout, stderr } = this.run('git', [...identity, ...args], join(this.root, directory));
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  /** The content of the file that the newest commit of the origin changed. */
  get content(): string {
    return readFileSync(join(this.top, 'sub', 'file'), 'utf8');
  }

  /** The last `Update.xml`. */
  get report(): string {
    return readFileSync(join(this.directory, 'Testing', this.tag[0] ?? '', 'Update.xml'), 'utf8');
  }

  /** A client that writes down that it was asked. */
  wrapper(name: string): string {
    const path = join(this.root, name);
    writeFileSync(path, `#!/bin/sh\necho "$*" >> '${path}.log'\nexec git "$@"\n`, { mode: 0o755 });
    return path;
  }
}

const GIT = { UpdateType: 'git', GITCommand: 'git' };

describe('the source is updated', () => {
  test.each<{ readonly what: string; readonly below?: string; readonly entries: Readonly<Record<string, string>> }>([
    { what: 'as CMake writes it', entries: { ...GIT, UpdateCommand: '' } },
    { what: 'with UpdateType in capitals', entries: { UpdateType: 'GIT' } },
    { what: 'without a word of it, where the source is a clone', entries: {} },
    { what: 'by the system that the source shows, against UpdateType', entries: { UpdateType: 'svn' } },
    { what: 'by the system that the source shows, against an unknown UpdateType', entries: { UpdateType: 'fossil' } },
    { what: 'below the root of its repository', below: 'sub', entries: GIT },
    { what: 'below the root, without a word of it, as for LLVM', below: 'sub', entries: { UpdateType: '' } },
    { what: 'below the root, with an unknown UpdateType', below: 'sub', entries: { UpdateType: 'fossil' } },
    { what: 'below the root, by the name of UpdateCommand', below: 'sub', entries: { UpdateCommand: '/usr/bin/git' } },
  ])('$what', ({ below, entries }) => {
    const build = new GitBuild(below);
    build.configure(entries);
    const ran = build.stagelock('run');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('update: 1 commit\n');
    expect(build.content).toBe('2');
    build.commit('3');
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    expect(build.content).toBe('3');
  });

  test('by the client that the configuration names, and by none other', () => {
    const build = new GitBuild();
    const [named, command] = [build.wrapper('named'), build.wrapper('command')];
    build.configure({ ...GIT, GITCommand: named });
    build.environment['PATH'] = withoutGit(build);
    expect(build.stagelock('run')).toMatchObject({ code: 1 }); // the wrapper itself finds no git
    build.environment['PATH'] = process.env['PATH'];
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(`${named}.log`, 'utf8')).toContain('merge');
    expect(build.content).toBe('2');
    build.commit('3');
    build.configure({ ...GIT, GITCommand: '/nonexistent/git', UpdateCommand: command });
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(`${command}.log`, 'utf8')).toContain('merge');
    expect(build.content).toBe('3');
    expect(build.report).toContain(`<UpdateCommand>"${command}" "fetch"`);
  });
});

describe('a local branch that is named unlike its upstream', () => {
  test('follows it, in a clone and in a linked work tree; ctest does, too', () => {
    const build = new GitBuild();
    build.git('clone', 'checkout', '-q', '-b', 'dashboard/nightly', '--track', 'origin/main');
    build.configure(GIT);
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    expect(build.content).toBe('2');
    expect(build.git('clone', 'symbolic-ref', 'HEAD')).toBe('refs/heads/dashboard/nightly');
    build.git('clone', 'worktree', 'add', '-q', '-b', 'other', '../tree', 'origin/main');
    build.commit('3');
    build.configure({ ...GIT, SourceDirectory: join(build.root, 'tree') });
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(build.root, 'tree', 'sub', 'file'), 'utf8')).toBe('3');
    expect(build.content).toBe('2');
  });

  test('follows it in a stagelock.toml, where a branch without that upstream is an error', () => {
    const build = new GitBuild();
    build.git('clone', 'checkout', '-q', '-b', 'dashboard', '--track', 'origin/main');
    const file = join(build.root, 'stagelock.toml');
    const update = 'update = { branch = "main" }\nstages.build.command = ["true"]\n';
    writeFileSync(file, `[project]\nname = "x"\n[builds.b]\nsource = "clone"\ndirectory = "b"\n${update}`);
    const run = () => build.run(process.execPath, [STAGELOCK, '--config', file, 'run']);
    expect(run()).toMatchObject({ code: 0, stderr: '' });
    expect(build.content).toBe('2');
    build.commit('3');
    build.git('clone', 'branch', '-q', '--unset-upstream');
    const refused = run();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('is on branch dashboard, but the update follows branch main');
    build.git('clone', 'config', 'branch.dashboard.remote', 'elsewhere');
    build.git('clone', 'config', 'branch.dashboard.merge', 'refs/heads/main');
    expect(run()).toMatchObject({ code: 1 });
    expect(build.content).toBe('2');
  });

  test('is what init writes', () => {
    const build = new GitBuild();
    build.git('clone', 'checkout', '-q', '-b', 'dashboard', '--track', 'origin/main');
    const args = ['init', '--stdout', '--source', build.top, '--build', build.directory];
    expect(build.run(process.execPath, [STAGELOCK, ...args]).stdout).toContain(
      '\nremote = "origin"\nbranch = "main"\n',
    );
  });
});

test.each(['', 'ON'])('submodules are where ctest leaves them, with GITInitSubmodules: %s', (initialise) => {
  const build = new GitBuild();
  Object.assign(build.environment, LOCAL_SUBMODULES);
  for (const name of ['known', 'unknown']) {
    build.git('', 'init', '-q', '--initial-branch=main', name);
    build.git(name, 'commit', '-q', '--allow-empty', '-m', 'one');
    build.git('origin', 'submodule', '--quiet', 'add', join(build.root, name), name);
  }
  build.git('origin', 'commit', '-q', '-m', 'with submodules');
  build.git('clone', 'pull', '-q');
  build.git('clone', 'submodule', '--quiet', 'update', '--init', 'known');
  for (const name of ['known', 'unknown']) {
    build.git(name, 'commit', '-q', '--allow-empty', '-m', 'two');
    build.git(join('origin', name), 'pull', '-q', 'origin', 'main');
    build.git('origin', 'add', name);
  }
  build.git('origin', 'commit', '-q', '-m', 'both moved');
  cpSync(build.top, join(build.root, 'theirs'), { recursive: true });
  build.configure({ ...GIT, GITInitSubmodules: initialise });
  expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
  const ours = build.git('clone', 'submodule', 'status');
  expect(ours).toMatch(initialise === 'ON' ? /^\S+ known .*\n \S+ unknown / : /^\S+ known .*\n-\S+ unknown$/);
  if (noCtest !== undefined) return;
  build.configure({ ...GIT, GITInitSubmodules: initialise, SourceDirectory: join(build.root, 'theirs') });
  expect(build.ctest('-M', 'Experimental', '-T', 'Start', '-T', 'Update').code).toBe(0);
  expect(build.git('theirs', 'submodule', 'status')).toBe(ours);
});

describe('UpdateVersionOnly', () => {
  test.each(['ON', '1', 'override'])('%s leaves the source alone, and records where it is', (value) => {
    const build = new GitBuild();
    const entries = value === 'override' ? { UpdateVersionOverride: 'v1.2' } : { UpdateVersionOnly: value };
    build.configure({ ...GIT, ...entries });
    // Where it follows nothing, there is nothing to ask.
    if (value === '1') build.git('clone', 'remote', 'remove', 'origin');
    const head = build.git('clone', 'rev-parse', 'HEAD');
    const files = listing(build);
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    expect(build.content).toBe('1');
    expect(listing(build)).toEqual(files);
    expect(build.report).toContain(`<Revision>${head}</Revision>`);
    expect(build.report).toContain('<UpdateCommand></UpdateCommand>');
    if (value === '1') return;
    // Something else updates it, between the runs.
    build.git('clone', 'pull', '-q');
    expect(build.stagelock('run', '--model', 'Continuous').stdout).toContain('update: 1 commit\n');
    expect(build.report).toContain(`<Revision>${build.git('clone', 'rev-parse', 'HEAD')}</Revision>`);
    expect(build.report).toContain(`<PriorRevision>${head}</PriorRevision>`);
    expect(build.stagelock('run', '--model', 'Continuous')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('lets several builds have one source', () => {
    const build = new GitBuild();
    build.configure({ ...GIT, UpdateVersionOnly: 'ON' });
    expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
    const other = join(build.root, 'other');
    mkdirSync(other);
    const text = readFileSync(join(build.directory, 'DartConfiguration.tcl'), 'utf8');
    writeFileSync(join(other, 'DartConfiguration.tcl'), text.replaceAll(build.directory, other));
    expect(build.run(process.execPath, [STAGELOCK, '--build-dir', other, 'run'])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });
});

/** All names in the clone, those of git included. */
function listing(build: GitBuild): string[] {
  return readdirSync(build.top, { recursive: true }).map(String).sort();
}

test('the client that is named is also the one that is asked about a repository around the source', () => {
  const build = new GitBuild('sub');
  const named = build.wrapper('named');
  build.configure({ GITCommand: named });
  expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(`${named}.log`, 'utf8')).toMatch(/^-C \S+ rev-parse --verify --quiet HEAD:/);
});

/** A PATH that has everything but git. */
function withoutGit(build: DartBuild): string {
  const bin = join(build.root, 'bin');
  mkdirSync(bin);
  return bin;
}

interface Refused {
  readonly what: string;
  readonly says: RegExp;
  /** What is done to the build; the entries of its configuration. */
  readonly arrange: (build: GitBuild) => Readonly<Record<string, string>>;
  readonly below?: string;
  /** Where ctest builds on as if it had updated. */
  readonly ctestSays?: 'nothing';
}

describe('a source that cannot be updated is not built, and stderr says why, as ctest does', () => {
  test.for<Refused>([
    {
      what: 'dubious ownership',
      says: /dubious ownership in repository at .*\n.*git config --global --add safe\.directory/,
      arrange: (build) => {
        for (const path of ['', '.git']) chownSync(join(build.top, path), 61_001, 61_000);
        return GIT;
      },
    },
    {
      what: 'dubious ownership of the repository around the source',
      says: /dubious ownership/,
      below: 'sub',
      arrange: (build) => {
        for (const path of ['', '.git']) chownSync(join(build.top, path), 61_001, 61_000);
        return {};
      },
    },
    {
      what: 'a missing client',
      says: /cannot start \/nonexistent\/git/,
      arrange: () => ({ ...GIT, GITCommand: '/nonexistent/git' }),
    },
    {
      what: 'a client that is not executable',
      says: /cannot start .*named: EACCES/,
      arrange: (build) => {
        chmodSync(build.wrapper('named'), 0o644);
        return { ...GIT, GITCommand: join(build.root, 'named') };
      },
    },
    {
      what: 'a .git that is gone',
      says: /not a git repository/,
      arrange: (build) => {
        rmSync(join(build.top, '.git'), { recursive: true });
        return GIT;
      },
    },
    {
      what: 'a .git that is gone, within the repository of a home directory',
      says: /no \.git of its own/,
      arrange: (build) => {
        const { root } = build;
        build.git('', 'clone', '-q', 'origin', 'home');
        rmSync(join(build.top, '.git'), { recursive: true });
        renameSync(join(root, 'home', '.git'), join(root, '.git'));
        return GIT;
      },
      ctestSays: 'nothing',
    },
    {
      what: 'the .git of a work tree whose repository is gone',
      says: /not a git repository/,
      arrange: (build) => {
        rmSync(join(build.top, '.git'), { recursive: true });
        writeFileSync(join(build.top, '.git'), 'gitdir: /nonexistent/.git/worktrees/clone\n');
        return GIT;
      },
    },
    {
      what: 'a .git without HEAD',
      says: /not a git repository/,
      arrange: (build) => {
        rmSync(join(build.top, '.git', 'HEAD'));
        return {};
      },
    },
    {
      what: 'a bare repository',
      says: /work tree/,
      arrange: (build) => {
        build.git('clone', 'config', 'core.bare', 'true');
        return GIT;
      },
    },
    {
      what: 'a repository without remotes',
      says: /follows no branch: its git repository has no remote\n.*--set-upstream-to/,
      arrange: (build) => {
        build.git('clone', 'remote', 'remove', 'origin');
        return GIT;
      },
    },
    {
      what: 'a branch that follows a local one',
      says: /on branch work, which follows the local branch main, which nothing updates\n.*--set-upstream-to/,
      arrange: (build) => {
        build.git('clone', 'checkout', '-q', '-b', 'work', '--track', 'main');
        return GIT;
      },
      ctestSays: 'nothing',
    },
    {
      what: 'a remote that does not answer',
      says: /does not appear to be a git repository/,
      arrange: (build) => {
        renameSync(join(build.root, 'origin'), join(build.root, 'elsewhere'));
        return GIT;
      },
    },
    {
      what: 'Bazaar',
      says: /is in Bazaar/,
      arrange: (build) => {
        rmSync(join(build.top, '.git'), { recursive: true });
        return { UpdateType: 'bzr', BZRCommand: '/usr/bin/bzr' };
      },
    },
    {
      what: 'Perforce',
      says: /is in Perforce/,
      arrange: (build) => {
        writeFileSync(join(build.top, '.p4config'), '');
        rmSync(join(build.top, '.git'), { recursive: true });
        return { P4Command: '/usr/bin/p4' };
      },
    },
    {
      what: 'an unknown UpdateType',
      says: /UpdateType: fossil is none of/,
      arrange: (build) => {
        rmSync(join(build.top, '.git'), { recursive: true });
        return { UpdateType: 'fossil', UpdateCommand: '/usr/bin/fossil' };
      },
      ctestSays: 'nothing',
    },
    {
      what: 'an unknown UpdateCommand',
      says: /UpdateCommand: \/bin\/true is none of/,
      arrange: (build) => {
        rmSync(join(build.top, '.git'), { recursive: true });
        return { UpdateCommand: '/bin/true' };
      },
      ctestSays: 'nothing',
    },
    {
      what: 'a source that is gone',
      says: /there is no source directory/,
      arrange: (build) => {
        rmSync(build.top, { recursive: true });
        return GIT;
      },
    },
  ])('$what', ({ below, says, arrange, ctestSays }, { skip }) => {
    skip(noRoot() !== undefined && says.source.includes('dubious'), 'needs root');
    const build = new GitBuild(below);
    const made = join(build.root, 'made');
    build.configure({ ...arrange(build), MakeCommand: `/usr/bin/touch ${made}` });
    const ran = build.stagelock('run');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).toContain('the update failed and nothing was built.');
    expect(existsSync(made)).toBe(false);
    if (noCtest !== undefined) return;
    expect(build.ctest('-M', 'Experimental', '-T', 'Start', '-T', 'Update').code).toBe(ctestSays === 'nothing' ? 0 : 1);
  });

  test('and check tells, with the command that mends it', () => {
    const build = new GitBuild();
    build.git('clone', 'remote', 'remove', 'origin');
    build.configure(GIT);
    const checked = build.stagelock('check');
    expect(checked.code).toBe(2);
    expect(checked.stderr).toMatch(
      /ctest cannot be updated: .*no remote\n {2}git -C .* branch --set-upstream-to=REMOTE\/BRANCH\n$/,
    );
  });
});

describe('a source without version control is built as it stands', () => {
  test.each([
    { what: 'and is in none', arrange: (build: GitBuild) => rmSync(join(build.top, '.git'), { recursive: true }) },
    {
      what: 'and is unpacked within a repository that does not have it',
      arrange: (build: GitBuild) => {
        rmSync(join(build.top, '.git'), { recursive: true });
        build.git('', 'clone', '-q', 'origin', 'home');
        renameSync(join(build.root, 'home', '.git'), join(build.root, '.git'));
      },
    },
  ])('$what; check and the progress of each run say so', ({ arrange }) => {
    const build = new GitBuild();
    arrange(build);
    build.configure({ UpdateType: '', UpdateCommand: '' });
    const line = `source not updated: ${build.top} is not under version control\n`;
    for (let count = 0; count < 2; count++) {
      const ran = build.stagelock('run');
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.stdout).toContain(line);
    }
    const checked = build.stagelock('check');
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain(`ctest does not update ${build.top}: ${build.top} is not under version control\n`);
  });
});

test('check names the options that ctest would give to the client, and which have no effect; their values may be secret', () => {
  const build = new GitBuild();
  build.configure({ ...GIT, UpdateOptions: '--depth 1', GITUpdateOptions: '--secret', SVNOptions: '--password x' });
  const checked = build.stagelock('check');
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toContain('ctest: UpdateOptions and GITUpdateOptions have no effect');
  expect(checked.stdout).not.toMatch(/secret|depth|SVNOptions/);
});
