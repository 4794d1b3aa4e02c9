import { spawn } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetch, type GitSource } from '../../../src/updates/git/fetch.js';
import { git, tidy } from '../../../src/updates/git/git.js';
import { currentRevision } from '../../../src/updates/git/head.js';
import { moveTo } from '../../../src/updates/git/move.js';
import type { Checkout } from '../../../src/updates/version-control.js';
import { originAndClone, pidIn, type Repository, runs, script } from '../repository.js';

const forward: GitSource = { remote: 'origin', branch: 'main', mode: 'fast-forward' };
const reset: GitSource = { ...forward, mode: 'reset' };

async function update(source: GitSource, checkout: Checkout) {
  const fetched = await fetch(source, checkout);
  if (fetched.kind === 'failed') throw new Error(fetched.message);
  return moveTo(source, checkout, fetched);
}

/** Everything that a move could touch. */
function everything(clone: Repository): string {
  return [clone.head(), clone.git('status', '--porcelain', '--ignored'), clone.git('diff')].join('\n');
}

describe('a move', () => {
  it.each([forward, reset])('brings the tree to the target ($mode) and keeps untracked files', async (source) => {
    const { origin, clone, checkout } = originAndClone();
    const target = origin.commit('second', { 'a.txt': 'two\n', 'new/c.txt': 'c\n' });
    clone.write('mine.o', 'object');
    expect(await update(source, checkout)).toEqual({ kind: 'moved' });
    expect(await currentRevision(checkout)).toEqual({ kind: 'revision', revision: target });
    expect([clone.read('a.txt'), clone.read('new/c.txt'), clone.read('mine.o')]).toEqual(['two\n', 'c\n', 'object']);
    expect(clone.git('status', '--porcelain')).toBe('?? mine.o');
    await tidy(checkout);
    expect(clone.git('fsck')).toBe('');
  });

  it('keeps local changes that are not in the way when it fast-forwards', async () => {
    const { origin, clone, checkout } = originAndClone();
    origin.commit('second', { 'a.txt': 'two\n' });
    clone.write('src/b.c', 'local\n');
    expect(await update(forward, checkout)).toEqual({ kind: 'moved' });
    expect(clone.read('src/b.c')).toBe('local\n');
  });

  it('refuses local changes in the way and touches nothing, even when the user has merge.autoStash set', async () => {
    const { origin, clone, checkout } = originAndClone();
    origin.commit('second', { 'a.txt': 'two\n', 'src/b.c': 'two\n' });
    clone.write('a.txt', 'local\n');
    clone.git('config', 'merge.autoStash', 'true');
    const before = everything(clone);
    const message = expect.stringMatching(/a\.txt.*not touched/s);
    expect(await update(forward, checkout)).toMatchObject({ kind: 'refused', message });
    expect(everything(clone)).toBe(before);
  });

  it('refuses an untracked file in the way', async () => {
    const { origin, clone, checkout } = originAndClone();
    origin.commit('second', { 'a.txt': 'two\n', 'new.txt': 'theirs\n' });
    clone.write('new.txt', 'mine\n');
    expect(await update(forward, checkout)).toMatchObject({ kind: 'refused' });
    expect([clone.read('new.txt'), clone.read('a.txt')]).toEqual(['mine\n', 'one\n']);
  });

  it('refuses local commits, whether the branch went on meanwhile or not', async () => {
    const { origin, clone, checkout } = originAndClone();
    const local = clone.commit('local', { 'local.txt': 'x\n' });
    expect(await update(forward, checkout)).toMatchObject({ message: expect.stringContaining('commits that') });
    origin.commit('second', { 'a.txt': 'two\n' });
    expect(await update(forward, checkout)).toMatchObject({ kind: 'refused' });
    expect(clone.head()).toBe(local);
  });

  it('onto a rewritten branch is refused in mode fast-forward, and follows it in mode reset', async () => {
    const { origin, clone, checkout } = originAndClone();
    const head = clone.head();
    origin.write('a.txt', 'rewritten\n');
    origin.git('commit', '-q', '-a', '--amend', '-m', 'rewritten');
    const remedy = `reset --hard ${origin.head()}`;
    expect(await update(forward, checkout)).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(new RegExp(`^  git -C \\S+ ${remedy}$`, 'm')),
    });
    expect(clone.head()).toBe(head);
    clone.write('src/b.c', 'local\n');
    expect(await update(reset, checkout)).toEqual({ kind: 'moved' });
    expect([clone.head(), clone.read('a.txt'), clone.read('src/b.c')]).toEqual([
      origin.head(),
      'rewritten\n',
      'int b;\n',
    ]);
  });

  it.each([forward, reset])(
    'refuses to start beside another git process ($mode) and names its lock',
    async (source) => {
      const { root, origin, clone, checkout } = originAndClone();
      origin.commit('second', { 'a.txt': 'two\n' });
      clone.write('.git/index.lock', '');
      copyFileSync('/bin/sleep', join(root, 'git'));
      const person = spawn(join(root, 'git'), ['60'], { cwd: clone.directory, stdio: 'ignore' });
      onTestFinished(() => void person.kill());
      const message = expect.stringContaining(join(clone.directory, '.git/index.lock'));
      expect(await update(source, checkout)).toMatchObject({ kind: 'refused', message });
      expect(clone.read('a.txt')).toBe('one\n');
      // dead, it has left the lock, and holds nothing with it
      const ended = new Promise((resolve) => person.once('exit', resolve));
      person.kill('SIGKILL');
      await ended;
      expect(await update(source, checkout)).toEqual({ kind: 'moved' });
    },
  );

  it('refuses when somebody moved the tree since the fetch, and anything that is no revision', async () => {
    const { origin, clone, checkout } = originAndClone();
    const head = clone.head();
    const target = origin.commit('second');
    await fetch(forward, checkout);
    clone.commit('by hand');
    expect(await moveTo(forward, checkout, { head, target })).toMatchObject({
      message: expect.stringContaining('another process'),
    });
    expect(await moveTo(reset, checkout, { head, target: '--hard' })).toMatchObject({ kind: 'refused' });
  });

  it('is not started when its run is being ended', async () => {
    const { origin, clone, checkout } = originAndClone();
    origin.commit('second', { 'a.txt': 'two\n' });
    const fetched = await fetch(forward, checkout);
    if (fetched.kind !== 'fetched') throw new Error(fetched.message);
    const signal = AbortSignal.abort();
    expect((await moveTo(forward, { ...checkout, signal }, fetched)).kind).toBe('refused');
    expect(clone.read('a.txt')).toBe('one\n');
  });
});

describe('a move that stops half-way', () => {
  /** A file whose checkout runs a program, after a.txt has been written. */
  function withFilter(repositories: { root: string; origin: Repository; clone: Repository }, text: string): void {
    const { root, origin, clone } = repositories;
    clone.git('config', 'filter.slow.smudge', script(join(root, 'smudge'), text));
    clone.git('config', 'filter.slow.required', 'true');
    origin.commit('attributes', { '.gitattributes': '*.slow filter=slow\n' });
    clone.git('pull', '-q', '--ff-only');
  }

  it.each([forward, reset])('by its time limit is broken ($mode), and nothing of it runs on', async (source) => {
    const repositories = originAndClone();
    const { root, origin, clone, checkout } = repositories;
    withFilter(repositories, `echo $$ > ${root}/pid; exec sleep 1000`);
    origin.commit('second', { 'a.txt': 'two\n', 'z.slow': 'z\n' });
    const result = await update(source, { ...checkout, timeoutMs: 2_000 });
    expect(result).toMatchObject({ kind: 'broken', message: expect.stringContaining('within 2 s') });
    expect(runs(await pidIn(join(root, 'pid')))).toBe(false);
    expect(clone.read('a.txt')).toBe('two\n');
  });

  it('by its time limit is broken even if nothing seems touched: what it was about to do cannot be known', async () => {
    const repositories = originAndClone();
    const { origin, clone, checkout } = repositories;
    withFilter(repositories, 'exec sleep 1000');
    origin.commit('second', { 'z.slow': 'z\n' });
    const before = everything(clone);
    expect(await update(forward, { ...checkout, timeoutMs: 2_000 })).toMatchObject({ kind: 'broken' });
    expect(everything(clone)).toBe(before);
  });

  it('by somebody who killed git is broken', async () => {
    const repositories = originAndClone();
    const { root, origin, checkout } = repositories;
    withFilter(repositories, `echo $PPID > ${root}/pid; exec sleep 5`);
    origin.commit('second', { 'a.txt': 'two\n', 'z.slow': 'z\n' });
    const running = update(forward, checkout);
    process.kill(await pidIn(join(root, 'pid')), 'SIGKILL');
    expect(await running).toMatchObject({ kind: 'broken' });
    // What the killed process left is what the next update runs into.
    expect(existsSync(join(checkout.source, '.git/index.lock'))).toBe(true);
    expect(await update(forward, checkout)).toMatchObject({ kind: 'refused' });
    const broken = { from: repositories.clone.head(), to: origin.head(), local: [] };
    expect(await git(forward).repair(checkout, broken)).toEqual({ kind: 'whole', revision: broken.from });
  });

  it('by an error after the first file is broken, also when git itself would call the tree clean', async () => {
    const repositories = originAndClone();
    const { origin, clone, checkout } = repositories;
    withFilter(repositories, 'exit 1');
    // Only new files: what is half updated is untracked, so that `git status` has no word for it.
    origin.commit('second', { 'new.txt': 'new\n', 'z.slow': 'z\n' });
    expect(await update(forward, checkout)).toMatchObject({ kind: 'broken' });
    expect(clone.git('status', '--porcelain', '-uno')).toBe('');
    expect(clone.read('new.txt')).toBe('new\n');
  });

  it('before the first file is refused', async () => {
    const repositories = originAndClone();
    const { origin, clone, checkout } = repositories;
    withFilter(repositories, 'exit 1');
    origin.commit('second', { 'z.slow': 'z\n' });
    const before = everything(clone);
    expect(await update(forward, checkout)).toMatchObject({ kind: 'refused' });
    expect(everything(clone)).toBe(before);
  });
});
