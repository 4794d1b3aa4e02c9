import {
  chmodSync,
  cpSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { GIT_SUBMODULE_STATES } from './git-submodule-states.js';
import type { State } from './state.js';
import type { World } from './world.js';

const NEWS = { write: { 'a.c': 'int a = 2;\n' } };
const git = (world: World, ...args: readonly string[]): string => world.run('git', ...args);

/** A commit of a person's in the source. */
function commit(world: World, path: string, text: string): void {
  world.write(path, text);
  git(world, 'add', path);
  git(world, 'commit', '-qm', 'mine');
}

/** Two commits that change the same line, one checked out and one on a branch `theirs`. */
function collide(world: World): void {
  git(world, 'checkout', '-q', '-b', 'theirs');
  commit(world, 'b.c', 'int theirs;\n');
  git(world, 'checkout', '-q', 'main');
}

/** Where the news add what stands there already, unknown to git. */
const unknownInTheWay = (added: string, file: string): State['outcome'] => ({
  'fast-forward': {
    primary: 'refuses',
    secondary: 'builds',
    names: [added],
    untracked: [file, file.replace(added, `${added}.mine`)],
  },
  reset: { primary: 'builds', secondary: 'builds', untracked: [file] },
});

/** What the working copy of a git source can be in. */
export const GIT_STATES: readonly State[] = [
  {
    state: 'as it was, and news',
    quick: true,
    make: (world) => world.push(NEWS),
    outcome: { primary: 'builds', secondary: 'builds' },
  },
  {
    state: 'as it was, and no news',
    make: () => undefined,
    outcome: { primary: 'quiet', secondary: 'builds' },
  },
  {
    state: 'a file edited that no news touch',
    make: (world) => {
      world.append('b.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
      reset: { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
    },
  },
  {
    state: 'a file edited that the news touch',
    make: (world) => {
      world.append('a.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        modified: ['a.c'],
        names: ['a.c'],
        untracked: ['a.c.mine'],
      },
      reset: { primary: 'builds', secondary: 'builds', modified: ['a.c'] },
    },
  },
  {
    state: 'files of odd names edited, staged, added and removed that the news touch',
    begin: (world) => world.push({ write: { "it's [a] ä.c": '1\n', '-dash': '1\n', 'gone.c': '1\n' } }),
    make: (world) => {
      for (const path of ["it's [a] ä.c", '-dash', 'new.c', 'later.c']) world.write(path, 'mine\n');
      git(world, 'add', '--', '-dash', 'new.c');
      git(world, 'add', '-N', 'later.c');
      git(world, 'rm', '-q', 'gone.c');
      world.push({
        write: { "it's [a] ä.c": '2\n', '-dash': '2\n', 'new.c': '2\n', 'later.c': '2\n', 'gone.c': '2\n' },
      });
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ["it's [a] ä.c".slice(0, 4), '-dash', 'new.c'],
        modified: ["it's [a] ä.c", '-dash', 'new.c', 'later.c', 'gone.c'],
        untracked: ["it's [a] ä.c.mine", '-dash.mine', 'new.c', 'new.c.mine', 'later.c', 'later.c.mine'],
      },
      reset: {
        primary: 'builds',
        secondary: 'builds',
        modified: ["it's [a] ä.c", '-dash', 'new.c', 'later.c', 'gone.c'],
        untracked: ['new.c', 'later.c'],
      },
    },
  },
  {
    state: 'an ignored file where the news add one',
    begin: (world) => world.push({ write: { '.gitignore': '*.gen\n' } }),
    make: (world) => {
      world.write('x.gen', 'mine\n');
      const work = join(world.root, 'work');
      writeFileSync(join(work, 'x.gen'), 'theirs\n');
      world.runIn(work, 'git', 'add', '-f', 'x.gen');
      world.push(NEWS);
    },
    outcome: unknownInTheWay('x.gen', 'x.gen'),
  },
  {
    state: 'the index cut off',
    make: (world) => {
      truncateSync(join(world.source, '.git/index'), 20);
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'refuses', names: ['index'] },
  },
  {
    state: 'git was told that there is no work tree',
    make: (world) => {
      git(world, 'config', 'core.bare', 'true');
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'refuses', names: ['core.bare'] },
  },
  {
    state: 'a branch of the other side that is no more there has the name of the one that is followed before its own',
    make: (world) => {
      git(world, 'update-ref', '-d', 'refs/remotes/origin/main');
      git(world, 'update-ref', 'refs/remotes/origin/main/old', 'HEAD');
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['remote prune origin'] },
  },
  {
    state: 'another text in the place of that of a file, which git has written',
    make: (world) => {
      writeFileSync(join(world.root, 'other text'), 'other;\n');
      const other = git(world, 'hash-object', '-w', join(world.root, 'other text')).trim();
      git(world, 'replace', git(world, 'rev-parse', 'HEAD:b.c').trim(), other);
      world.remove('b.c');
      git(world, 'checkout', '-q', '--', 'b.c');
      // As after a checkout that takes longer: git then believes what it has noted of the file.
      const later = new Date(Date.now() + 2000);
      utimesSync(join(world.source, '.git/index'), later, later);
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
  },
  {
    state: 'the parents of a commit are others by .git/info/grafts',
    make: (world) => {
      world.push(NEWS);
      git(world, 'fetch', '-q');
      writeFileSync(join(world.source, '.git/info/grafts'), git(world, 'rev-parse', 'origin/main'));
      world.push({ write: { 'b.c': 'int b = 2;\n' } });
    },
    outcome: { primary: 'builds', secondary: 'builds' },
  },
  ...GIT_SUBMODULE_STATES,
  {
    state: 'a tracked file removed',
    make: (world) => {
      world.remove('lib/c.c');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['lib/c.c'] },
  },
  {
    state: 'a file staged, another one added',
    make: (world) => {
      world.append('b.c', 'int mine;\n');
      world.write('new one.c', 'int mine;\n');
      git(world, 'add', '-A');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['b.c', 'new one.c'] },
  },
  {
    state: 'a file edited that git is told to assume unchanged',
    make: (world) => {
      git(world, 'update-index', '--assume-unchanged', 'b.c');
      world.append('b.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
  },
  {
    state: 'a file edited that git is told to skip',
    make: (world) => {
      git(world, 'update-index', '--skip-worktree', 'lib/c.c');
      world.append('lib/c.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['lib/c.c'] },
  },
  {
    state: 'a mode changed',
    make: (world) => {
      chmodSync(join(world.source, 'b.c'), 0o755);
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
  },
  {
    state: 'a link in the place of a file',
    make: (world) => {
      world.remove('b.c');
      symlinkSync('a.c', join(world.source, 'b.c'));
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
  },
  {
    state: 'a directory in the place of a file',
    make: (world) => {
      world.remove('b.c');
      world.write('b.c/x', 'x\n');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['b.c'], untracked: ['b.c/x'] },
  },
  {
    state: 'an unknown file where the news add one',
    make: (world) => {
      world.write('added.c', 'int mine;\n');
      world.push({ write: { 'added.c': 'int added;\n' } });
    },
    outcome: unknownInTheWay('added.c', 'added.c'),
  },
  {
    state: 'an unknown directory where the news add a file',
    make: (world) => {
      world.write('added/mine.c', 'int mine;\n');
      world.push({ write: { added: 'int added;\n' } });
    },
    outcome: unknownInTheWay('added', 'added/mine.c'),
  },
  {
    state: 'a commit that was not pushed',
    make: (world) => {
      commit(world, 'b.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['commits that the branch does not have'] },
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'a commit that was not pushed, and no news',
    make: (world) => commit(world, 'b.c', 'int mine;\n'),
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['commits'] },
      reset: { primary: 'quiet', secondary: 'refuses' },
    },
  },
  {
    state: 'another branch checked out',
    make: (world) => {
      git(world, 'checkout', '-q', '-b', "it's mine".replace(' ', '-'));
      commit(world, 'a.c', 'int mine;\n');
      world.push({ write: { 'b.c': 'int b = 2;\n' } });
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ["it's-mine", 'switch main'] },
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'an older commit checked out',
    make: (world) => {
      world.push(NEWS);
      git(world, 'checkout', '-q', 'HEAD~0');
      git(world, 'fetch', '-q');
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'builds', names: ['detached HEAD'] },
      reset: { primary: 'builds', secondary: 'builds' },
    },
  },
  {
    state: 'set back to an older commit',
    make: (world) => {
      world.push(NEWS);
      git(world, 'pull', '-q');
      git(world, 'reset', '-q', '--hard', 'HEAD~1');
    },
    outcome: { primary: 'builds', secondary: 'builds' },
  },
  {
    state: 'pulled by hand',
    make: (world) => {
      world.push(NEWS);
      git(world, 'pull', '-q');
    },
    outcome: { primary: 'builds', secondary: 'refuses' },
  },
  {
    state: 'a merge that stopped at a conflict',
    make: (world) => {
      collide(world);
      commit(world, 'b.c', 'int mine;\n');
      git(world, 'branch', 'mine');
      git(world, 'reset', '-q', '--hard', 'origin/main');
      git(world, 'merge', '-q', '--no-edit', 'theirs', '--no-ff', '--no-commit');
      git(world, 'merge', '--abort');
      world.append('b.c', 'int edited;\n');
      git(world, 'stash', '-q');
      git(world, 'merge', '-q', '--no-ff', '--no-commit', 'theirs');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['merge'] },
      reset: { primary: 'builds', secondary: 'builds', modified: ['b.c'] },
    },
  },
  {
    state: 'a cherry-pick that stopped at a conflict',
    make: (world) => {
      collide(world);
      git(world, 'checkout', '-q', '-b', 'other-mine');
      commit(world, 'b.c', 'int mine;\n');
      git(world, 'checkout', '-q', 'main');
      world.push(NEWS);
      world.write('b.c', 'x\n');
      git(world, 'stash', '-q');
      world.tryTo('git', 'cherry-pick', 'theirs', 'other-mine');
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['cherry-pick'] },
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'a stash that was popped into a conflict',
    make: (world) => {
      collide(world);
      git(world, 'checkout', '-q', 'theirs');
      world.write('b.c', 'int stashed;\n');
      git(world, 'stash', '-q');
      git(world, 'checkout', '-q', 'main');
      world.tryTo('git', 'stash', 'pop');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['b.c'] },
      reset: { primary: 'builds', secondary: 'refuses', names: ['b.c'] },
    },
  },
  {
    state: 'a rebase that stopped at a conflict',
    make: (world) => {
      collide(world);
      commit(world, 'b.c', 'int mine;\n');
      world.tryTo('git', 'rebase', 'theirs');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['rebase --abort'] },
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'a bisection under way',
    make: (world) => {
      git(world, 'fetch', '-q');
      git(world, 'bisect', 'start');
      git(world, 'checkout', '-q', '--detach');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'builds', names: ['detached HEAD'] },
      reset: { primary: 'builds', secondary: 'builds' },
    },
  },
  {
    state: 'the index lock of a git that was killed',
    make: (world) => {
      writeFileSync(join(world.source, '.git/index.lock'), '');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'refuses', names: ['index.lock'] },
  },
  {
    state: 'the index gone',
    make: (world) => {
      world.remove('.git/index');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['index'] },
      reset: { primary: 'builds', secondary: 'builds' },
    },
  },
  {
    state: 'only the reference moved',
    make: (world) => {
      world.push(NEWS);
      git(world, 'fetch', '-q');
      git(world, 'reset', '-q', '--soft', 'origin/main');
    },
    outcome: {
      'fast-forward': { primary: 'builds', secondary: 'refuses', modified: ['a.c', 'pending.c'] },
      reset: { primary: 'builds', secondary: 'refuses', modified: ['a.c', 'pending.c'] },
    },
  },
  {
    state: 'the branch rewritten on the server',
    make: (world) => {
      const work = join(world.root, 'work');
      world.push(NEWS);
      world.run('git', 'fetch', '-q');
      git(world, 'merge', '-q', '--ff-only', 'origin/main');
      world.runIn(work, 'git', 'reset', '-q', '--hard', 'HEAD~1');
      world.runIn(work, 'git', 'commit', '-q', '--allow-empty', '-m', 'another');
      world.runIn(work, 'git', 'push', '-q', '--force', 'origin', 'main');
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['commits that the branch does not have'] },
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'a sparse checkout',
    make: (world) => {
      git(world, 'sparse-checkout', 'set', 'lib');
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', absent: ['run.sh'] },
  },
  {
    state: 'a directory moved away',
    make: (world) => {
      renameSync(join(world.source, 'lib'), join(world.root, 'lib.away'));
      mkdirSync(join(world.source, 'lib'));
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['lib/c.c', 'lib/deep/d.c'] },
  },
  {
    state: 'git was told of another work tree',
    make: (world) => {
      const elsewhere = join(world.root, 'elsewhere');
      cpSync(world.source, elsewhere, { recursive: true });
      git(world, 'config', 'core.worktree', elsewhere);
      world.write('b.c', 'mine\n');
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'refuses', names: ['core.worktree', 'elsewhere'], modified: ['b.c'] },
  },
  {
    state: 'a branch begun that has no commit',
    make: (world) => {
      git(world, 'checkout', '-q', '--orphan', 'mine');
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'refuses' },
  },
  {
    state: 'a link in the place of a directory, and news below it',
    make: (world) => {
      const elsewhere = join(world.root, 'elsewhere');
      renameSync(join(world.source, 'lib'), elsewhere);
      symlinkSync(elsewhere, join(world.source, 'lib'));
      world.push({ write: { 'lib/c.c': 'int c = 2;\n' } });
    },
    outcome: { primary: 'builds', secondary: 'builds', modified: ['lib/c.c', 'lib/deep/d.c'], untracked: ['lib'] },
  },
];
