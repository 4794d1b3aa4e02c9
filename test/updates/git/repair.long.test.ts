import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { git } from '../../../src/updates/git/git.js';
import { withSubmodules } from '../../../src/updates/git/submodules.js';
import type { BrokenMove } from '../../../src/updates/version-control.js';
import { Random } from '../../support/random.js';
import { environment, LOCAL_SUBMODULES, originAndClone, type Repository, repositoryAt, script } from '../repository.js';

const forward = git({ remote: 'origin', branch: 'main', mode: 'fast-forward' });
const reset = git({ remote: 'origin', branch: 'main', mode: 'reset' });

/** A clone at the first of two commits that differ in many ways, with the second one fetched. */
async function twoCommits() {
  const { root, origin, clone, checkout } = originAndClone();
  const files: Record<string, string> = {
    keep: 'keep\n',
    'turns/file': 'file\n',
    turned: 'a file\n',
    'gone/deep/x': 'x',
  };
  for (let n = 0; n < 12; n++) files[`many/f${n}`] = `first ${n}\n`.repeat(200);
  const from = origin.commit('one', files);
  clone.git('pull', '-q');
  for (let n = 0; n < 12; n++) origin.write(`many/f${n}`, `second ${n}\n`.repeat(300));
  origin.git('rm', '-rq', 'turned', 'turns', 'gone', 'a.txt');
  origin.write('turned/into/directory', 'now a directory\n');
  origin.write('turns', 'now a file\n');
  origin.write('added file', 'added\n'.repeat(1000));
  origin.write('\u00fcml\u00e4ut\n"quoted"', 'odd\n');
  symlinkSync('keep', join(origin.directory, 'a.txt'));
  writeFileSync(join(origin.directory, 'run.sh'), '#!/bin/sh\n');
  chmodSync(join(origin.directory, 'run.sh'), 0o755);
  const to = origin.commit('two');
  clone.git('fetch', '-q');
  return { root, origin, clone, checkout, broken: { from, to, local: [] } satisfies BrokenMove };
}

/** Makes each file that git writes take its time. */
function slow(clone: Repository, seconds = 0.03): void {
  clone.git('config', 'filter.slow.smudge', `sleep ${seconds}; cat`);
  clone.git('config', 'filter.slow.clean', 'cat');
  writeFileSync(join(clone.directory, '.git', 'info', 'attributes'), 'many/* filter=slow\n');
}

function hurry(clone: Repository): void {
  unlinkSync(join(clone.directory, '.git', 'info', 'attributes'));
}

/** Kills a git command and all that it has started at some moment of its work. False when it was over before. */
async function killedAfter(clone: Repository, ms: number, args: readonly string[]): Promise<boolean> {
  const child: ChildProcess = spawn('git', args, { cwd: clone.directory, stdio: 'ignore', detached: true });
  const ended = new Promise<boolean>((resolve) => child.once('exit', (_, signal) => resolve(signal === 'SIGKILL')));
  await sleep(ms);
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // over already
  }
  return ended;
}

/** The tree as git itself would write it. */
function fresh(clone: Repository, root: string, revision: string): string {
  const place = mkdtempSync(join(root, 'fresh-'));
  execFileSync('git', ['clone', '-q', '--no-checkout', clone.directory, place], { stdio: 'ignore' });
  execFileSync('git', ['checkout', '-q', revision], { cwd: place, stdio: 'ignore' });
  return contents(place);
}

/** Names, kinds, modes, targets of links and sums of all files of a tree. */
function contents(directory: string): string {
  const script = `cd "$0" && find . -mindepth 1 -path ./.git -prune -o -printf '%P %y %m %l\\0' | LC_ALL=C sort -z
find . -mindepth 1 -path ./.git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha1sum`;
  return execFileSync('sh', ['-c', script, directory], { encoding: 'utf8' });
}

describe('a checkout that was killed', () => {
  const random = new Random(7);
  const moments = Array.from({ length: 10 }, () => random.below(600));

  it.each(moments)(
    'after %i ms is put back to a revision',
    async (ms) => {
      const { root, clone, checkout, broken } = await twoCommits();
      slow(clone);
      await killedAfter(clone, ms, ['merge', '-q', '--ff-only', broken.to]);
      hurry(clone);
      const repaired = await forward.repair(checkout, broken);
      expect(repaired).toEqual({ kind: 'whole', revision: clone.head() });
      expect([broken.from, broken.to]).toContain(clone.head());
      expect(clone.git('status', '--porcelain')).toBe('');
      expect(contents(clone.directory)).toEqual(fresh(clone, root, clone.head()));
      // and the next update goes on as if nothing had been
      const fetched = await forward.fetch(checkout);
      if (fetched.kind === 'fetched' && fetched.news)
        expect(await forward.move(checkout, fetched)).toEqual({ kind: 'moved' });
      expect(contents(clone.directory)).toEqual(fresh(clone, root, broken.to));
    },
    60_000,
  );

  it('in mode reset is put back, too, and discards what a person has changed since', async () => {
    const { root, clone, checkout, broken } = await twoCommits();
    slow(clone);
    expect(await killedAfter(clone, 250, ['reset', '-q', '--hard', broken.to])).toBe(true);
    hurry(clone);
    clone.write('many/f0', 'mine');
    clone.write('src/b.c', 'mine, too');
    expect(await reset.repair(checkout, broken)).toEqual({ kind: 'whole', revision: broken.from });
    expect(contents(clone.directory)).toEqual(fresh(clone, root, broken.from));
  });

  it('whose paths a person has changed since is left to that person, by name; done as told, it is whole', async () => {
    const { root, clone, checkout, broken } = await twoCommits();
    slow(clone);
    expect(await killedAfter(clone, 250, ['merge', '-q', '--ff-only', broken.to])).toBe(true);
    hurry(clone);
    clone.write('many/f0', 'mine');
    const refused = await forward.repair(checkout, broken);
    expect(refused).toMatchObject({ kind: 'refused', message: expect.stringContaining('many/f0') });
    expect(clone.read('many/f0')).toBe('mine');
    const advised = /^ {2}(git -C .* checkout HEAD -- )FILE$/m.exec(refused.kind === 'refused' ? refused.message : '');
    execFileSync('sh', ['-c', `${advised?.[1]} many/f0`]);
    expect(await forward.repair(checkout, broken)).toEqual({ kind: 'whole', revision: broken.from });
    expect(contents(clone.directory)).toEqual(fresh(clone, root, broken.from));
  });

  it('leaves a person what was theirs before, and what the update does not touch', async () => {
    const { clone, checkout, broken } = await twoCommits();
    clone.write('src/b.c', 'mine before');
    clone.write('added file', 'mine, untracked');
    clone.write('note', 'mine, untracked');
    // git refuses, because of `added file`; killed right before it could
    const local = ['src/b.c'];
    expect(await forward.repair(checkout, { ...broken, local })).toEqual({ kind: 'whole', revision: broken.from });
    clone.write('keep', 'mine since');
    expect(await forward.repair(checkout, { ...broken, local })).toEqual({ kind: 'whole', revision: broken.from });
    expect(['src/b.c', 'added file', 'note', 'keep'].map(clone.read)).toEqual([
      'mine before',
      'mine, untracked',
      'mine, untracked',
      'mine since',
    ]);
  });

  it('after which a person has moved the tree by hand is whole, and refused if something differs that it may have written', async () => {
    const { clone, checkout, broken } = await twoCommits();
    slow(clone);
    expect(await killedAfter(clone, 250, ['merge', '-q', '--ff-only', broken.to])).toBe(true);
    hurry(clone);
    rmSync(join(clone.directory, '.git', 'index.lock'), { force: true });
    clone.git('reset', '-q', '--hard', `${broken.from}^`);
    const other = clone.head();
    expect(await forward.repair(checkout, broken)).toEqual({ kind: 'whole', revision: other });
    clone.write('src/b.c', 'mine');
    expect(await forward.repair(checkout, broken)).toEqual({ kind: 'whole', revision: other });
    clone.write('a.txt', 'mine');
    expect(await forward.repair(checkout, broken)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/differs from \w+ in a\.txt$/m),
    });
  });

  it('whose index is still locked by a git that lives is not touched', async () => {
    const { root, clone, checkout, broken } = await twoCommits();
    const editing = script(join(root, 'editor'), `touch '${root}/at-it'; exec sleep 30`);
    clone.write('keep', 'mine');
    const person = spawn('git', ['-c', `core.editor=${editing}`, 'commit', '-a'], {
      cwd: clone.directory,
      env: { ...environment, GIT_EDITOR: editing },
      stdio: 'ignore',
      detached: true,
    });
    await vi.waitFor(() => expect(existsSync(join(root, 'at-it'))).toBe(true), 10_000);
    const message = expect.stringMatching(/index\.lock exists: process \d+ is a git/);
    expect(await forward.repair(checkout, broken)).toMatchObject({ kind: 'refused', message });
    const ended = new Promise((resolve) => person.once('exit', resolve));
    process.kill(-(person.pid ?? 0), 'SIGKILL');
    await ended;
    expect(existsSync(join(clone.directory, '.git', 'index.lock'))).toBe(true);
    expect(await forward.repair(checkout, broken)).toEqual({ kind: 'whole', revision: broken.from });
    expect(clone.read('keep')).toBe('mine');
  });
});

describe('a checkout that was killed while the attributes changed', () => {
  it.each(['absent', 'the new ones', 'the beginning of the new ones'])('(%s) is put back', async (state) => {
    const { root, origin, clone, checkout } = originAndClone();
    const old = '*.crlf text eol=crlf\n';
    const from = origin.commit('one', { '.gitattributes': old, 'x.crlf': 'a\n', 'y.crlf': 'same\n', 'z.txt': 'z\n' });
    clone.git('pull', '-q');
    const to = origin.commit('two', { '.gitattributes': '*.txt text eol=crlf\n', 'x.crlf': 'b\n', 'z.txt': 'zz\n' });
    clone.git('fetch', '-q');
    if (state === 'absent') unlinkSync(join(clone.directory, '.gitattributes'));
    else clone.write('.gitattributes', state === 'the new ones' ? '*.txt text eol=crlf\n' : '*.tx');
    clone.write('z.txt', state === 'absent' ? 'z\n' : 'zz\r\n');
    expect(clone.read('x.crlf')).toBe('a\r\n');
    expect(await forward.repair(checkout, { from, to, local: [] })).toEqual({ kind: 'whole', revision: from });
    expect(contents(clone.directory)).toEqual(fresh(clone, root, from));
    expect(readdirSync(join(clone.directory, '.git')).filter((name) => name.includes('stagelock'))).toEqual([]);
  });
});

it('the lock of a git that lives in another work tree of the repository is left alone', async () => {
  const { root, clone, checkout, broken } = await twoCommits();
  clone.git('branch', 'other');
  clone.git('worktree', 'add', '-q', join(root, 'second'), 'other');
  const locks = ['refs/heads/other.lock', 'packed-refs.lock'].map((name) => join(clone.directory, '.git', name));
  for (const lock of locks) writeFileSync(lock, '');
  copyFileSync('/bin/sleep', join(root, 'git'));
  const person = spawn(join(root, 'git'), ['60'], { cwd: join(root, 'second'), stdio: 'ignore' });
  onTestFinished(() => void person.kill());
  const refused = await forward.repair(checkout, broken);
  expect(refused).toMatchObject({ kind: 'refused', message: expect.stringContaining(`process ${person.pid}`) });
  expect(locks.map((lock) => existsSync(lock))).toEqual([true, true]);
});

describe('submodules', () => {
  /** A clone whose upstream has just got a submodule. */
  function withNewSubmodule(more: (origin: Repository) => void = () => undefined) {
    const { root, origin, clone, checkout } = originAndClone();
    const library = repositoryAt(mkdtempSync(join(root, 'library-')));
    library.git('-c', 'init.defaultBranch=main', 'init', '-q');
    library.commit('library', { 'l.c': 'l\n' });
    const from = clone.head();
    origin.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', library.directory, 'lib');
    more(origin);
    const to = origin.commit('two', { 'a.txt': 'two\n' });
    return { clone, from, to, checkout: { ...checkout, environment: { ...environment, ...LOCAL_SUBMODULES } } };
  }
  const source = { remote: 'origin', branch: 'main', mode: 'fast-forward' } as const;
  const system = withSubmodules(git(source), 'fast-forward', 'all');

  it.each(['with a tree', 'without one'])('a clone that was killed (%s) is made anew', async (how) => {
    const { clone, checkout, from, to } = withNewSubmodule();
    const fetched = await system.fetch(checkout);
    if (fetched.kind !== 'fetched') throw new Error(fetched.message);
    clone.git('merge', '-q', '--ff-only', to);
    const modules = join(clone.directory, '.git', 'modules', 'lib');
    execFileSync('git', ['init', '-q', '--bare', modules], { env: environment, stdio: 'ignore' });
    writeFileSync(join(modules, 'objects', 'pack', 'tmp_pack_x'), 'half');
    if (how === 'with a tree') {
      clone.git('submodule', 'init', '-q');
      clone.write('lib/.git', 'gitdir: ../.git/modules/lib\n');
      execFileSync('git', ['--git-dir', modules, 'config', 'core.bare', 'false']);
      execFileSync('git', ['--git-dir', modules, 'config', 'core.worktree', '../../../lib']);
    }
    expect(await system.repair(checkout, { from, to, local: [] })).toEqual({ kind: 'whole', revision: to });
    expect(clone.read('lib/l.c')).toBe('l\n');
    expect(await system.currentRevision(checkout)).toEqual({ kind: 'revision', revision: to });
  });

  it('that are not to be checked out do not count as elsewhere', async () => {
    const { clone, checkout, to } = withNewSubmodule((origin) => {
      origin.git('config', '-f', '.gitmodules', 'submodule.lib.update', 'none');
    });
    const fetched = await system.fetch(checkout);
    if (fetched.kind !== 'fetched') throw new Error(fetched.message);
    expect(await system.move(checkout, fetched)).toEqual({ kind: 'moved' });
    expect(await system.currentRevision(checkout)).toEqual({ kind: 'revision', revision: to });
    expect(existsSync(join(clone.directory, 'lib', 'l.c'))).toBe(false);
  });
});

it('a filter that dies in the middle of a checkout does not pass for a checkout', async () => {
  const { root, origin, clone, checkout } = originAndClone();
  clone.git('config', 'filter.up.smudge', `test ! -e '${root}/die' || kill -9 $$; tr a-z A-Z`);
  clone.git('config', 'filter.up.clean', 'tr A-Z a-z');
  writeFileSync(join(clone.directory, '.git', 'info', 'attributes'), '*.txt filter=up\n');
  const to = origin.commit('two', { 'a.txt': 'two\n', 'b.txt': 'three\n' });
  writeFileSync(join(root, 'die'), '');
  const fetched = await forward.fetch(checkout);
  if (fetched.kind !== 'fetched') throw new Error(fetched.message);
  const moved = await forward.move(checkout, fetched);
  expect(moved).toMatchObject({ kind: 'broken', message: expect.stringContaining('filter') });
  unlinkSync(join(root, 'die'));
  expect(await forward.repair(checkout, { from: fetched.head, to, local: [] })).toEqual({
    kind: 'whole',
    revision: to,
  });
  expect([clone.read('a.txt'), clone.read('b.txt')]).toEqual(['TWO\n', 'THREE\n']);
});

it.each(['refs/remotes/origin/main.lock', 'index.lock', 'refs/heads/main.lock', 'HEAD.lock'])(
  'a %s of a git that was killed does not keep updates away',
  async (name) => {
    const { origin, clone, checkout } = originAndClone();
    const to = origin.commit('two', { 'a.txt': 'two\n' });
    const lock = join(clone.directory, '.git', name);
    writeFileSync(lock, '');
    const fetched = await forward.fetch(checkout);
    if (fetched.kind !== 'fetched') throw new Error(fetched.message);
    const moved = await forward.move(checkout, fetched);
    if (moved.kind !== 'moved') {
      const broken = { from: fetched.head, to, local: [] };
      expect(await forward.repair(checkout, broken)).toEqual({ kind: 'whole', revision: clone.head() });
      if (clone.head() !== to) expect(await forward.move(checkout, fetched)).toEqual({ kind: 'moved' });
    }
    expect(existsSync(lock)).toBe(false);
    expect(clone.read('a.txt')).toBe('two\n');
  },
);
