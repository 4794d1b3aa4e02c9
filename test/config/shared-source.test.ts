import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { load, problems } from './config.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'stagelock-shared-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const HEAD = '[project]\nname = "E"\n';

/** Two primaries, whose tables begin in the lines 3 and 7. */
function pair(first: string, second: string, update = 'type = "git", branch = "main"'): string {
  const build = (name: string, source: string): string =>
    `[builds.${name}]\nsource = "${source}"\ndirectory = "/b/${name}"\nupdate = { ${update} }\n`;
  return HEAD + build('gcc', first) + build('clang', second);
}

const git = (...args: string[]): void => void execFileSync('git', args, { cwd: root, stdio: 'ignore' });

it('two primaries that update one source are an error at each of them, which says what to do', () => {
  const why = (source: string): string =>
    `gcc and clang are both primaries and both update ${source}, but a source has one primary; make clang a secondary of gcc (\`primary = "gcc"\` instead of its own \`source\` and \`update\`), or give it a checkout of its own`;
  expect(problems(pair('/src', '/src'))).toEqual([`3: builds.gcc: ${why('/src')}`, `7: builds.clang: ${why('/src')}`]);
});

describe('it is one source', () => {
  it.each([
    ['/src', '/src/'],
    ['/src', '/x/../src/.'],
    ['/src', '/src/sub'],
    ['/src/sub/deep', '/src/'],
    ['/', '/src'],
  ])('%s and %s', (first, second) => {
    expect(problems(pair(first, second))).toHaveLength(2);
  });

  it('behind a symbolic link', () => {
    mkdirSync(join(root, 'src'));
    symlinkSync('src', join(root, 'link'));
    expect(problems(pair(join(root, 'src'), join(root, 'link')))).toHaveLength(2);
    expect(problems(pair(join(root, 'src', 'not-there-yet'), join(root, 'link', 'not-there-yet')))).toHaveLength(2);
  });

  it('when two directories are in one work tree', () => {
    git('init', '-q', 'src');
    for (const name of ['one', 'two']) mkdirSync(join(root, 'src', name));
    expect(problems(pair(join(root, 'src', 'one'), join(root, 'src', 'two')))).toHaveLength(2);
  });

  it('also when another version control system updates it', () => {
    expect(problems(pair('/src', '/src').replace('type = "git", branch = "main"', 'type = "svn"'))).toHaveLength(2);
  });

  it('when both have it from [defaults]', () => {
    const text = `${HEAD}[defaults]\nsource = "/src"\nupdate = { branch = "main" }\n`;
    expect(problems(`${text}[builds.gcc]\ndirectory = "a"\n[builds.clang]\ndirectory = "b"\n`)).toHaveLength(2);
  });
});

describe('it is not one source', () => {
  it.each([
    ['/src', '/src2'],
    ['/src/a', '/src/b'],
    ['/src', '/srcs/src'],
  ])('%s and %s', (first, second) => {
    expect(problems(pair(first, second))).toEqual([]);
  });

  it('when one of them does not update it', () => {
    const text = `${HEAD}[builds.gcc]\nsource = "/src"\ndirectory = "a"\nupdate = { branch = "main" }\n`;
    load(`${text}[builds.clang]\nsource = "/src"\ndirectory = "b"\nstages.build.command = ["make"]\n`);
  });

  it('when they are two work trees of one repository', () => {
    git('init', '-q', '-b', 'main', 'src');
    git('-C', 'src', '-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '-q', '--allow-empty', '-m', 'x');
    git('-C', 'src', 'worktree', 'add', '-q', '-b', 'other', join(root, 'tree'));
    expect(problems(pair(join(root, 'src'), join(root, 'tree')))).toEqual([]);
  });
});

it('many primaries of one source are reported once each', () => {
  const builds = ['a', 'b', 'c', 'd'].map((name) => `[builds.${name}]\ndirectory = "${name}"\n`);
  const text = `${HEAD}[defaults]\nsource = "/src"\nupdate = { branch = "main" }\n${builds.join('')}`;
  expect(problems(text)).toHaveLength(4);
});

it('a directory that only looks like a repository hides none', () => {
  git('init', '-q', 'src');
  mkdirSync(join(root, 'src', 'one', '.git'), { recursive: true });
  mkdirSync(join(root, 'src', 'two'));
  writeFileSync(join(root, 'src', 'two', '.git'), 'nothing\n');
  expect(problems(pair(join(root, 'src', 'one'), join(root, 'src')))).toHaveLength(2);
});
