import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_SUBMODULES } from '../../updates/repository.js';
import { environment } from '../../updates/systems/repositories.js';
import { type Entry, NOT_BUILT } from './entry.js';

const GIT = { UpdateType: 'git', UpdateCommand: '' };
const FIRST = { 'lib/a.c': 'int a = 1;\n', 'top.c': 'int top;\n' };
const NEWS = { write: { 'lib/a.c': 'int a = 2;\n' } };

const git = (shape: string, more: Partial<Entry> = {}): Entry => ({
  shape: `git: ${shape}`,
  first: FIRST,
  news: NEWS,
  configuration: () => GIT,
  seen: { files: ['Updated lib/a.c'], verdict: 'green' },
  ...more,
});

const edit =
  (path: string, content: string): NonNullable<Entry['arrange']> =>
  ({ checkout }) =>
    writeFileSync(join(checkout, path), content);

/** Runs git in a clone beside the repository. */
function inClone(repositories: string, clone: string, ...args: readonly string[]): void {
  const env = { ...environment, ...LOCAL_SUBMODULES };
  execFileSync('git', args, { cwd: join(repositories, clone), env, stdio: 'ignore' });
}

function commitTo(repositories: string, clone: string, content: string): void {
  writeFileSync(join(repositories, clone, 'inner.c'), content);
  inClone(repositories, clone, 'add', '-A');
  inClone(repositories, clone, 'commit', '-q', '-m', content);
}

/** A submodule, and what becomes of it in the repository. */
const submodule = (change: (repositories: string) => void): Partial<Entry> => ({
  news: 'none',
  begin: (repositories) => {
    inClone(repositories, '.', 'init', '-q', '-b', 'main', 'inner');
    commitTo(repositories, 'inner', '1\n');
    inClone(repositories, 'work', 'submodule', 'add', '-q', join(repositories, 'inner'), 'inner');
    inClone(repositories, 'work', 'commit', '-q', '-m', 'inner');
    inClone(repositories, 'work', 'push', '-q');
  },
  push: (repositories) => {
    change(repositories);
    inClone(repositories, 'work', 'commit', '-q', '-a', '-m', 'news');
    inClone(repositories, 'work', 'push', '-q');
  },
  arrange: (side) => side.git('submodule', 'update', '-q', '--init'),
  seen: { verdict: 'green' },
});

/** A submodule with a submodule, of which the inner one moves. */
const submodules: Partial<Entry> = {
  news: 'none',
  begin: (repositories) => {
    for (const name of ['inner', 'outer']) {
      inClone(repositories, '.', 'init', '-q', '-b', 'main', name);
      commitTo(repositories, name, '1\n');
    }
    inClone(repositories, 'outer', 'submodule', 'add', '-q', join(repositories, 'inner'), 'inner');
    inClone(repositories, 'outer', 'commit', '-q', '-m', 'inner');
    inClone(repositories, 'work', 'submodule', 'add', '-q', join(repositories, 'outer'), 'outer');
    inClone(repositories, 'work', 'commit', '-q', '-m', 'outer');
    inClone(repositories, 'work', 'push', '-q');
  },
  push: (repositories) => {
    commitTo(repositories, 'inner', '2\n');
    inClone(repositories, 'outer/inner', 'pull', '-q');
    commitTo(repositories, 'outer', '2\n');
    inClone(repositories, 'work/outer', 'pull', '-q');
    inClone(repositories, 'work', 'commit', '-q', '-a', '-m', 'news');
    inClone(repositories, 'work', 'push', '-q');
  },
  seen: { files: ['Updated outer'], verdict: 'green' },
};

const notBuilt = 'what cannot be updated is not built, so that there is no report';

export const GIT_UPDATES: readonly Entry[] = [
  git('a clone, as CMake writes it'),
  git('`UpdateType` in capitals', { configuration: () => ({ UpdateType: 'GIT' }) }),
  git('nothing but the clone says so', { configuration: () => ({}) }),
  git('`UpdateType: svn` of a copied configuration', { configuration: () => ({ UpdateType: 'svn' }) }),
  git('no news', { news: 'none', seen: { files: [], verdict: 'green' } }),
  git('a source below the root of a big repository', {
    below: 'lib',
    seen: { files: ['Updated lib/a.c'], verdict: 'green' },
  }),
  git('a source below the root, `UpdateType` empty (LLVM)', {
    below: 'lib',
    configuration: () => ({ UpdateType: '', UpdateCommand: '' }),
    seen: { verdict: 'red' },
    differs: {
      files: ['Updated lib/a.c'],
      revisions: '# #',
      tree: 'other',
      verdict: 'green',
      because: 'it is updated; `ctest` finds no system',
    },
  }),
  git('a linked work tree', {
    arrange: (side) => {
      renameSync(side.checkout, join(side.root, 'main'));
      side.run('git', ['checkout', '-q', '--detach'], join(side.root, 'main'));
      side.run('git', ['worktree', 'add', '-q', '../checkout', 'main'], join(side.root, 'main'));
    },
  }),
  git('a local branch that is named unlike its upstream', {
    arrange: (side) => side.git('checkout', '-q', '-b', 'dashboard', '--track', 'origin/main'),
  }),
  git('a detached HEAD', {
    arrange: (side) => side.git('checkout', '-q', '--detach'),
    seen: { verdict: 'red' },
    differs: { ...NOT_BUILT, because: notBuilt },
  }),
  git('a shallow clone', {
    arrange: (side) => {
      const url = `file://${join(side.repositories, 'store')}`;
      side.run('rm', ['-rf', side.checkout], side.root);
      side.run('git', ['clone', '-q', '--depth=1', '--no-single-branch', url, 'checkout'], side.root);
    },
    thenNews: { write: { 'lib/a.c': 'int a = 3;\n' } },
  }),
  git('a sparse checkout', {
    arrange: (side) => side.git('sparse-checkout', 'set', 'lib'),
  }),
  git('pointers of LFS, without git-lfs', {
    first: { ...FIRST, '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'x.bin': 'version 1\noid 1\n' },
    news: { write: { 'x.bin': 'version 1\noid 2\n' } },
    seen: { files: ['Updated x.bin'], verdict: 'green' },
  }),
  git('files that are renamed, removed and named with blanks', {
    first: { ...FIRST, 'with blank.c': '1\n', 'old.c': 'a file that is the same afterwards\n' },
    news: { write: { 'with blank.c': '2\n' }, rename: { 'old.c': 'lib/new.c' }, remove: ['top.c'] },
    seen: { verdict: 'green' },
  }),
  git('a local change that the update does not touch', {
    arrange: edit('top.c', 'int edited;\n'),
    seen: { files: ['Updated lib/a.c'], verdict: 'green' },
    differs: {
      files: ['Modified top.c', 'Updated lib/a.c'],
      tree: 'other',
      verdict: 'red',
      because: 'what a person has changed stays and is reported, as with the other systems; `ctest` discards it',
    },
  }),
  git('submodules that are initialised, one in another', {
    ...submodules,
    arrange: (side) => side.git('submodule', 'update', '-q', '--init', '--recursive'),
  }),
  git('submodules that are not initialised', submodules),
  git('submodules, `GITInitSubmodules: ON`', {
    ...submodules,
    configuration: () => ({ ...GIT, GITInitSubmodules: 'ON' }),
    differs: { tree: 'other', because: 'submodules of submodules are initialised, too' },
  }),
  git(
    'a submodule that is removed',
    submodule((repositories) => inClone(repositories, 'work', 'rm', '-q', '-f', 'inner')),
  ),
  git(
    'a submodule that is moved',
    submodule((repositories) => inClone(repositories, 'work', 'mv', 'inner', 'there')),
  ),
  git(
    'a submodule whose URL changes',
    submodule((repositories) => {
      inClone(repositories, '.', 'clone', '-q', '--bare', 'inner', 'other');
      inClone(repositories, 'work', 'config', '-f', '.gitmodules', 'submodule.inner.url', join(repositories, 'other'));
    }),
  ),
  git('a local commit', {
    arrange: (side) => {
      writeFileSync(join(side.checkout, 'own.c'), 'int own;\n');
      side.git('add', '.');
      side.git('commit', '-q', '-m', 'own');
    },
    differs: { ...NOT_BUILT, tree: 'other', because: `what a person has committed stays; ${notBuilt}` },
  }),
  git('an unversioned file where a new one comes', {
    news: { write: { 'new.c': 'int new;\n' } },
    arrange: edit('new.c', 'int mine;\n'),
    seen: { files: ['Updated new.c'], verdict: 'green' },
    differs: { ...NOT_BUILT, tree: 'other', because: `what a person has written stays; ${notBuilt}` },
  }),
  git('`UpdateVersionOnly: ON`', {
    configuration: () => ({ ...GIT, UpdateVersionOnly: 'ON' }),
    seen: { files: [], verdict: 'green' },
  }),
  git('a client that is not there', {
    configuration: () => ({ UpdateType: 'git', GITCommand: '/opt/nowhere/bin/git' }),
    seen: { verdict: 'red' },
    differs: { ...NOT_BUILT, because: notBuilt },
  }),
  git('a repository that is gone', {
    arrange: (side) => side.git('remote', 'set-url', 'origin', '/nowhere/store'),
    seen: { files: [], verdict: 'red' },
    differs: { ...NOT_BUILT, because: notBuilt },
  }),
  {
    shape: 'A source in no version control',
    system: 'none',
    seen: { verdict: 'red' },
    differs: {
      files: undefined,
      verdict: 'green',
      because: 'it is built as it stands, which each run and `check` say; `ctest` fails',
    },
  },
];

const modified = { seen: { files: ['Modified top.c', 'Updated lib/a.c'], verdict: 'red' } } as const;

const of = (system: 'svn' | 'hg' | 'cvs', shape: string, more: Partial<Entry> = {}): Entry => ({
  shape: `${system}: ${shape}`,
  system,
  first: FIRST,
  news: NEWS,
  configuration: () => ({ UpdateType: system }),
  seen: { files: ['Updated lib/a.c'], verdict: 'green' },
  ...more,
});

export const OTHER_UPDATES: readonly Entry[] = [
  of('svn', 'a working copy'),
  of('svn', 'a source below the root of the working copy', { below: 'lib', seen: { verdict: 'green' } }),
  of('svn', 'a local change that the update does not touch', {
    arrange: edit('top.c', 'int edited;\n'),
    ...modified,
  }),
  of('svn', 'the old `UpdateCommand`, without `UpdateType`', {
    configuration: () => ({ UpdateCommand: '/usr/bin/svn', UpdateOptions: '' }),
  }),
  of('hg', 'a clone'),
  of('hg', 'a source below the root of the clone', { below: 'lib', seen: { verdict: 'green' } }),
  of('hg', 'a local change that the update does not touch', {
    arrange: edit('top.c', 'int edited;\n'),
    ...modified,
  }),
  of('cvs', 'a checkout, with `CVSUpdateOptions`', {
    configuration: () => ({ UpdateType: 'cvs', CVSCommand: '/usr/bin/cvs', CVSUpdateOptions: '-d -A -P' }),
  }),
  ...(['svn', 'hg'] as const).map((system) =>
    of(system, `\`.${system}\` is gone`, {
      arrange: ({ checkout }) => rmSync(join(checkout, `.${system}`), { recursive: true }),
      seen: { verdict: 'red' },
      differs: { ...NOT_BUILT, because: notBuilt },
    }),
  ),
  of('cvs', 'no news', { news: 'none', seen: { files: [], verdict: 'green' } }),
];
