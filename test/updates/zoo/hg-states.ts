import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HG_OWN_FILES_STATES } from './hg-own-files-states.js';
import type { Outcome, State } from './state.js';
import type { World } from './world.js';

const BUILDS: Outcome = { primary: 'builds', secondary: 'builds' };
const REFUSES: Outcome = { primary: 'refuses', secondary: 'refuses' };

/** In the working copy that commits go through. */
const upstream = (world: World, ...args: readonly string[]): string =>
  world.runIn(join(world.root, 'work'), 'hg', ...args);
const hg = (world: World, ...args: readonly string[]): string => world.run('hg', ...args);

/** The configuration of whoever runs the builds, for hg. */
const configure = (world: World, text: string): void =>
  appendFileSync(join(world.source, '.hg', 'hgrc'), `\n${text}\n`);

const changeB = (world: World): void => world.write('b.c', 'int b = 2;\n');
const pushB = (world: World): void => world.push({ write: { 'b.c': 'int b = 3;\n' } });

/** Commits by a colleague, on a branch of that name. */
function pushBranch(world: World, branch: string, from = '.'): void {
  upstream(world, 'update', '-q', '-r', from);
  upstream(world, 'branch', '-q', branch);
  writeFileSync(join(world.root, 'work', 'other.c'), 'int other;\n');
  upstream(world, 'commit', '-q', '-A', '-m', 'on the other branch');
  upstream(world, 'push', '-q', '--new-branch');
  upstream(world, 'update', '-q', 'default');
}

/** A change, and a second head of the branch beside it. */
function pushHead(world: World): void {
  world.push({ write: { 'a.c': 'int a = 4;\n' } });
  upstream(world, 'update', '-q', '-r', '0');
  writeFileSync(join(world.root, 'work', 'head.c'), 'int head;\n');
  upstream(world, 'commit', '-q', '-A', '-m', 'a second head');
  upstream(world, 'push', '-q', '-f');
  upstream(world, 'update', '-q', '-r', 'tip^0');
}

/** Merges all heads of the branch. */
function mergeHeads(world: World): void {
  upstream(world, 'update', '-q', '-r', 'max(head() and branch(default))');
  upstream(world, 'merge', '-q', '-r', 'min(head() and branch(default))', '--tool', ':local');
  upstream(world, 'commit', '-q', '-m', 'merged');
  upstream(world, 'push', '-q');
}

/** What is there is public from then on, as if the other side had it. */
function pushElsewhere(world: World): void {
  const elsewhere = join(world.root, 'elsewhere');
  world.runIn(world.root, 'hg', 'init', elsewhere);
  hg(world, 'push', '-q', elsewhere);
}

/** A repository `inner` and a subrepository `sub` of it, with one file. */
function withSubrepository(world: World): void {
  const inner = join(world.root, 'inner');
  world.runIn(world.root, 'hg', 'init', inner);
  world.runIn(world.root, 'hg', 'clone', '-q', inner, join(world.root, 'work', 'sub'));
  pushInner(world, 'int s = 1;\n');
  world.push({ write: { '.hgsub': `sub = ${inner}\n` } });
}

function pushInner(world: World, text: string): void {
  const sub = join(world.root, 'work', 'sub');
  writeFileSync(join(sub, 's.c'), text);
  world.runIn(sub, 'hg', 'commit', '-q', '-A', '-m', 'inner');
  world.runIn(sub, 'hg', 'push', '-q');
}

/** The next revision of the subrepository, and the one around it that wants it. */
function pushSubrepository(world: World): void {
  pushInner(world, 'int s = 2;\n');
  world.push({ write: { 'a.c': 'int a = 3;\n' } });
}

/** hg believes the times of the files from then on, and need not read them. */
function sureOfFiles(world: World): void {
  world.run('sh', '-c', 'find . -name .hg -prune -o -type f -exec touch -d "1 minute ago" {} +');
  hg(world, 'status');
}

/** `lib` is somewhere else, and a link leads there. */
function linkAway(world: World): void {
  const elsewhere = join(world.root, 'elsewhere');
  renameSync(join(world.source, 'lib'), elsewhere);
  symlinkSync(elsewhere, join(world.source, 'lib'));
}

/** What an empty repository has. */
const OF_EMPTY = ['00changelog.i', 'requires', 'store/requires'];

/** The last push broke off in the file: hg writes the files first and what is checked out last. */
function interrupt(world: World): void {
  pushB(world);
  hg(world, 'pull', '-q');
  const target = hg(world, 'log', '-r', 'tip', '-T', '{node}');
  world.write('b.c', 'int b');
  world.write('.hg/updatestate', target);
}

/** What the working copy of a source of Mercurial can be in. */
export const HG_STATES: readonly State[] = [
  {
    state: 'as it was, and news',
    make: (world) => world.push({ write: { 'a.c': 'int a = 2;\n' } }),
    outcome: BUILDS,
  },
  {
    state: 'M: a file changed by hand that no news change',
    make: (world) => {
      changeB(world);
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
    },
    outcome: { ...BUILDS, modified: ['b.c'] },
  },
  {
    state: 'M: a file changed by hand that news change, too',
    make: (world) => {
      changeB(world);
      pushB(world);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ['b.c'],
        modified: ['b.c'],
        untracked: ['b.c.orig'],
      },
      reset: { ...BUILDS, modified: ['b.c'] },
    },
  },
  {
    state: 'A: a file added by hand that news add, too',
    make: (world) => {
      world.write('new file.c', 'mine\n');
      hg(world, 'add', '-q', 'new file.c');
      world.push({ write: { 'new file.c': 'theirs\n' } });
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ['new file.c'],
        modified: ['new file.c'],
        untracked: ['new file.c.mine'],
      },
      reset: {
        primary: 'refuses',
        secondary: 'builds',
        names: ['new file.c'],
        modified: ['new file.c'],
        untracked: ['new file.c.mine'],
      },
    },
  },
  {
    state: 'R: a file removed by hg remove',
    make: (world) => {
      hg(world, 'remove', '-q', 'b.c');
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
    },
    outcome: { ...BUILDS, modified: ['b.c'] },
  },
  {
    state: 'R: a file removed by hg remove that news change',
    make: (world) => {
      hg(world, 'remove', '-q', 'b.c');
      pushB(world);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'builds', names: ['b.c'], modified: ['b.c'] },
      reset: { ...BUILDS, modified: ['b.c'] },
    },
  },
  {
    state: '!: a file and a directory that are gone, and news',
    make: (world) => {
      world.remove('b.c');
      world.remove('lib');
      pushB(world);
    },
    outcome: { primary: 'builds', secondary: 'refuses', names: ['b.c', 'lib/c.c'] },
  },
  {
    state: '!: a directory in the place of a file',
    make: (world) => {
      world.remove('a.c');
      world.write('a.c/inner', 'mine\n');
      pushB(world);
    },
    outcome: { ...REFUSES, names: ['a.c'], untracked: ['a.c.mine/inner'] },
  },
  {
    state: '!: a file in the place of a directory, and news below it',
    make: (world) => {
      world.remove('lib');
      world.write('lib', 'mine\n');
      world.push({ write: { 'lib/c.c': 'int c = 2;\n' } });
    },
    outcome: { ...REFUSES, names: ['lib'], untracked: ['lib.mine'] },
  },
  {
    state: 'M: a symbolic link in the place of a file',
    make: (world) => {
      world.remove('a.c');
      symlinkSync('b.c', join(world.source, 'a.c'));
      pushB(world);
    },
    outcome: { ...BUILDS, modified: ['a.c'] },
  },
  {
    state: 'A: a file copied by hg copy, and news of what it was copied from',
    make: (world) => {
      hg(world, 'copy', '-q', 'b.c', 'copy.c');
      pushB(world);
    },
    outcome: {
      'fast-forward': { ...BUILDS, modified: ['copy.c'] },
      reset: { ...BUILDS, modified: ['copy.c'], untracked: ['copy.c'] },
    },
  },
  {
    state: 'A: a file added by hand in a directory that news rename',
    make: (world) => {
      world.write('lib/mine.c', 'mine\n');
      hg(world, 'add', '-q', 'lib/mine.c');
      upstream(world, 'rename', '-q', 'lib', 'library');
      upstream(world, 'commit', '-q', '-m', 'renamed');
      upstream(world, 'push', '-q');
    },
    outcome: {
      'fast-forward': { ...BUILDS, modified: ['lib/mine.c'] },
      reset: { ...BUILDS, modified: ['lib/mine.c'], untracked: ['lib/mine.c'] },
    },
  },
  {
    state: 'M: a file changed by hand that news copy',
    make: (world) => {
      world.append('b.c', 'int mine;\n');
      upstream(world, 'copy', '-q', 'b.c', 'copy.c');
      upstream(world, 'commit', '-q', '-m', 'copied');
      upstream(world, 'push', '-q');
    },
    outcome: { ...BUILDS, modified: ['b.c'] },
  },
  {
    state: '!: a link in the place of a directory',
    make: (world) => {
      sureOfFiles(world);
      linkAway(world);
      pushB(world);
    },
    outcome: { ...REFUSES, names: ['lib'], untracked: ['lib.mine'] },
  },
  {
    state: '!: a link in the place of a directory, of whose files hg is not sure',
    make: (world) => {
      hg(world, 'debugrebuilddirstate');
      linkAway(world);
      pushB(world);
    },
    outcome: { ...REFUSES, names: ['lib'], untracked: ['lib.mine'] },
  },
  {
    state: '!: a link in the place of a directory, and news below it',
    make: (world) => {
      linkAway(world);
      world.push({ write: { 'lib/c.c': 'int c = 2;\n', 'lib/new.c': 'int n;\n' } });
    },
    outcome: { ...REFUSES, names: ['lib'], untracked: ['lib.mine'] },
  },
  {
    state: '!: a repository in a directory of the tree',
    make: (world) => {
      sureOfFiles(world);
      hg(world, 'init', 'lib');
      pushB(world);
    },
    outcome: { ...REFUSES, names: ['lib/.hg'], untracked: OF_EMPTY.map((name) => `lib/.hg.mine/${name}`) },
  },
  {
    state: '!: a repository in a directory of the tree, of whose files hg is not sure',
    make: (world) => {
      hg(world, 'debugrebuilddirstate');
      hg(world, 'init', 'lib');
      pushB(world);
    },
    outcome: { ...REFUSES, names: ['lib/.hg'], untracked: OF_EMPTY.map((name) => `lib/.hg.mine/${name}`) },
  },
  {
    state: 'hg has lost its notes of what it wrote, and a file was changed',
    make: (world) => {
      changeB(world);
      world.remove('.hg/dirstate');
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
    },
    outcome: {
      'fast-forward': { ...REFUSES, modified: ['b.c'] },
      reset: { ...REFUSES, untracked: ['b.c.mine', 'a.c.mine'] },
    },
  },
  {
    state: '?: a file of no revision in the way of a new one',
    make: (world) => {
      world.write("it's new.c", 'mine\n');
      world.push({ write: { "it's new.c": 'theirs\n' } });
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ["it's new.c"],
      untracked: ["it's new.c", "it's new.c.mine"],
    },
  },
  {
    state: 'I: an ignored file in the way of a new one',
    begin: (world) => world.push({ write: { '.hgignore': 'syntax: glob\n*.gen\n' } }),
    make: (world) => {
      world.write('x.gen', 'mine\n');
      writeFileSync(join(world.root, 'work', 'x.gen'), 'theirs\n');
      upstream(world, 'add', '-q', 'x.gen');
      upstream(world, 'commit', '-q', '-m', 'generated');
      upstream(world, 'push', '-q');
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['x.gen'], untracked: ['x.gen', 'x.gen.mine'] },
  },
  {
    state: '?: a directory of no revision in the way of a new file',
    make: (world) => {
      world.write('n/inner', 'mine\n');
      world.push({ write: { n: 'theirs\n' } });
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['n'], untracked: ['n/inner', 'n.mine/inner'] },
  },
  {
    state: 'news make files of directories and directories of files, and change links and modes',
    begin: (world) => {
      symlinkSync('b.c', join(world.root, 'work', 'link'));
      world.push({ write: { f: 'f\n', 'to file/x': 'x\n' } });
    },
    make: (world) => {
      world.repository.commit({ log: 'gone', remove: ['f', 'to file', 'link', 'lib'] });
      world.push({
        write: { 'f/deep/x': 'x\n', 'to file': 'x\n', link: 'no link\n', '-q': 'x\n', 'a@b [*] $x': 'x\n' },
      });
    },
    outcome: BUILDS,
  },
  {
    state: 'U: an update by hand has left a conflict',
    make: (world) => {
      changeB(world);
      pushB(world);
      hg(world, 'pull', '-q');
      world.tryTo('hg', 'update', '-q', '--tool', ':fail');
    },
    outcome: {
      'fast-forward': { ...REFUSES, untracked: ['b.c.orig'] },
      reset: { primary: 'builds', secondary: 'refuses', untracked: ['b.c.orig'] },
    },
  },
  {
    state: 'a merge that is not committed',
    make: (world) => {
      pushHead(world);
      hg(world, 'pull', '-q');
      hg(world, 'update', '-q', '-r', 'max(desc(news))');
      hg(world, 'merge', '-q', '-r', 'desc("a second head")');
      mergeHeads(world);
    },
    outcome: {
      'fast-forward': REFUSES,
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'a local commit beside news',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
      pushB(world);
    },
    outcome: { 'fast-forward': REFUSES, reset: { primary: 'builds', secondary: 'refuses' } },
  },
  {
    state: 'a local commit and no news',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
    },
    outcome: { 'fast-forward': REFUSES, reset: { primary: 'quiet', secondary: 'refuses' } },
  },
  {
    state: 'a secret commit, which is told to nobody',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine', '--secret');
    },
    outcome: { 'fast-forward': REFUSES, reset: { primary: 'quiet', secondary: 'refuses' } },
  },
  {
    state: 'a local commit that is public because it was pushed to another repository',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
      pushElsewhere(world);
    },
    outcome: { 'fast-forward': REFUSES, reset: { primary: 'quiet', secondary: 'refuses' } },
  },
  {
    state: 'a commit that was pulled from a colleague, and is not on the other side',
    make: (world) => {
      const colleague = join(world.root, 'colleague');
      world.runIn(world.root, 'hg', 'clone', '-q', world.source, colleague);
      writeFileSync(join(colleague, 'b.c'), 'int b = 5;\n');
      world.runIn(colleague, 'hg', 'commit', '-q', '-u', 'colleague', '-m', 'theirs');
      hg(world, 'pull', '-q', colleague);
    },
    outcome: { primary: 'quiet', secondary: 'builds' },
  },
  {
    state: 'a second head of the branch on the other side',
    make: pushHead,
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ['default'],
        besides: { because: 'which of two heads is right is decided on the other side', done: mergeHeads },
      },
      reset: BUILDS,
    },
  },
  {
    state: 'the branch was closed on the other side, and that was built',
    make: (world) => {
      upstream(world, 'commit', '-q', '--close-branch', '-m', 'closed');
      upstream(world, 'push', '-q');
      world.build('main');
      world.build('other');
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ['default'],
      besides: {
        because: 'only the other side can go on',
        done: (world) => world.push({ write: { 'again.c': 'int again;\n' } }),
      },
    },
  },
  {
    state: 'another branch is checked out',
    begin: (world) => pushBranch(world, 'feature x'),
    make: (world) => hg(world, 'update', '-q', '-C', 'feature x'),
    outcome: {
      'fast-forward': { ...REFUSES, names: ['feature x'] },
      reset: { primary: 'quiet', secondary: 'refuses', names: ['feature x'] },
    },
  },
  {
    state: 'an older revision of the branch is checked out',
    make: (world) => {
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
      world.build('main');
      hg(world, 'update', '-q', '-r', '0');
    },
    outcome: { primary: 'quiet', secondary: 'refuses' },
  },
  {
    state: 'nothing is checked out',
    make: (world) => hg(world, 'update', '-q', 'null'),
    outcome: { 'fast-forward': REFUSES, reset: { primary: 'quiet', secondary: 'refuses' } },
  },
  {
    state: 'a branch begun by hg branch and not committed',
    make: (world) => {
      hg(world, 'branch', '-q', 'mine');
      pushB(world);
    },
    outcome: BUILDS,
  },
  {
    state: 'an update by hand was killed in its middle',
    make: interrupt,
    outcome: { primary: 'builds', secondary: 'refuses', names: ['updatestate'] },
  },
  {
    state: 'an update by hand was killed in its middle, and a person went on in a file of it',
    make: (world) => {
      interrupt(world);
      world.write('b.c', 'mine\n');
    },
    outcome: {
      'fast-forward': { ...REFUSES, untracked: ['b.c.orig'] },
      reset: { primary: 'builds', secondary: 'refuses' },
    },
  },
  {
    state: 'a graft that has stopped',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
      hg(world, 'update', '-q', '-r', '.^');
      world.write('b.c', 'int b = 9;\n');
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'other');
      world.tryTo('hg', 'graft', '-r', 'desc(mine)', '--tool', ':fail');
    },
    outcome: { 'fast-forward': REFUSES, reset: { primary: 'quiet', secondary: 'refuses' } },
  },
  {
    state: 'a rebase that has stopped',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
      pushB(world);
      hg(world, 'pull', '-q');
      world.tryTo('hg', '--config', 'extensions.rebase=', 'rebase', '-q', '-d', 'tip', '--tool', ':fail');
    },
    outcome: REFUSES,
  },
  {
    state: 'a histedit that has stopped',
    make: (world) => {
      changeB(world);
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
      const plan = join(world.root, 'plan');
      writeFileSync(plan, `edit ${hg(world, 'log', '-r', '.', '-T', '{node}')}\n`);
      world.tryTo('hg', '--config', 'extensions.histedit=', 'histedit', '-q', '-r', '.', '--commands', plan);
    },
    outcome: REFUSES,
  },
  {
    state: 'an unshelve that has stopped',
    make: (world) => {
      changeB(world);
      hg(world, '--config', 'extensions.shelve=', 'shelve', '-q');
      pushB(world);
      hg(world, 'pull', '-q', '-u');
      world.tryTo('hg', '--config', 'extensions.shelve=', 'unshelve', '-q', '--tool', ':fail');
    },
    outcome: REFUSES,
  },
  {
    state: 'a sparse working copy',
    make: (world) => {
      configure(world, '[extensions]\nsparse =');
      hg(world, 'debugsparse', '-q', '--exclude', 'lib');
      world.push({ write: { 'a.c': 'int a = 2;\n', 'lib/c.c': 'int c = 2;\n' } });
    },
    outcome: { ...BUILDS, absent: ['lib/c.c', 'lib/deep/d.c'] },
  },
  {
    state: 'a subrepository, and news of it',
    begin: withSubrepository,
    make: pushSubrepository,
    outcome: BUILDS,
  },
  {
    state: 'a subrepository whose other side is away, and news of it',
    begin: withSubrepository,
    make: (world) => {
      pushSubrepository(world);
      renameSync(join(world.root, 'inner'), join(world.root, 'away'));
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ['inner', 'not touched'],
      besides: {
        because: 'only whoever runs the server can bring it back',
        done: (world) => renameSync(join(world.root, 'away'), join(world.root, 'inner')),
      },
    },
  },
  {
    state: 'a subrepository, and news that make files of it',
    begin: withSubrepository,
    make: (world) => {
      upstream(world, 'remove', '-q', '.hgsub');
      upstream(world, 'commit', '-q', '-m', 'no subrepository');
      rmSync(join(world.root, 'work', 'sub'), { recursive: true });
      world.push({ write: { 'sub/s.c': 'int s = 3;\n' } });
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['sub'] },
  },
  {
    state: 'a subrepository with local changes, and news of it',
    begin: withSubrepository,
    make: (world) => {
      world.write('sub/s.c', 'mine\n');
      pushSubrepository(world);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ['sub'],
        modified: ['sub/s.c'],
        untracked: ['sub/s.c.orig'],
      },
      reset: { ...BUILDS, modified: ['sub/s.c'] },
    },
  },
  {
    state: 'a subrepository with local changes, and news of something else',
    begin: withSubrepository,
    make: (world) => {
      world.write('sub/s.c', 'mine\n');
      pushB(world);
    },
    outcome: { ...BUILDS, modified: ['sub/s.c'] },
  },
  {
    state: 'a subrepository was moved by hand',
    begin: (world) => {
      withSubrepository(world);
      pushSubrepository(world);
    },
    make: (world) => {
      world.runIn(join(world.source, 'sub'), 'hg', 'update', '-q', '-r', '0');
    },
    outcome: {
      'fast-forward': { ...REFUSES, names: ['sub'] },
      reset: { primary: 'quiet', secondary: 'refuses', names: ['sub'] },
    },
  },
  {
    state: 'a subrepository is gone',
    begin: withSubrepository,
    make: (world) => world.remove('sub'),
    outcome: { primary: 'quiet', secondary: 'refuses', names: ['sub'] },
  },
  {
    state: 'something else in the place of a subrepository',
    begin: withSubrepository,
    make: (world) => {
      world.remove('sub');
      mkdirSync(join(world.source, 'sub'));
      world.write('sub/mine', 'mine\n');
    },
    outcome: { ...REFUSES, names: ['sub'], untracked: ['sub.mine/mine'] },
  },
  {
    state: 'aliases, defaults and hooks of a user that change and print what they can',
    make: (world) => {
      configure(
        world,
        `[alias]
log = log -l 1 -T alias
status = status -q -T alias
update = update -C
[defaults]
pull = -u
status = -n
update = -C
[hooks]
pre-log = echo before the log
post-log = echo after the log
pre-status = echo before the status
post-status.x = echo after the status
pre-update = echo before the update
update = echo updated
changegroup = echo a changegroup
pre-pull = echo before the pull
[ui]
verbose = true
debug = true
merge = :other
forcemerge = :other
interactive = true
tweakdefaults = true
[commands]
update.check = none
status.relative = true
status.terse = u
[color]
mode = ansi
[merge]
checkunknown = ignore`,
      );
      pushB(world);
    },
    outcome: BUILDS,
  },
  {
    state: 'a hook that forbids updates, and says why on standard output',
    make: (world) => {
      configure(world, '[hooks]\npreupdate.full = echo the quota is exceeded; test -e ../allowed');
      pushB(world);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ['the quota is exceeded'],
      besides: {
        because: 'only its owner can change it',
        done: (world) => writeFileSync(join(world.root, 'allowed'), ''),
      },
    },
  },
  ...HG_OWN_FILES_STATES,
];
