import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detect } from '../../src/config/detect.js';

let root: string;
let source: string;
let directory: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'stagelock-detect-')));
  source = join(root, 'example');
  directory = join(root, 'build gcc');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function touch(file: string, content = ''): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function git(...args: string[]): void {
  execFileSync('git', ['-C', source, '-c', 'user.name=x', '-c', 'user.email=x@y', ...args], { stdio: 'pipe' });
}

it('directories that do not exist yet have facts too', () => {
  expect(detect({ source, directory })).toEqual({
    project: 'example',
    name: 'build-gcc',
    source,
    directory,
    tool: 'unknown',
    upstream: undefined,
    submodules: false,
  });
  expect(detect({ source, directory, name: 'mine' }).name).toBe('mine');
});

describe('the tool', () => {
  it.each([
    [['CMakeLists.txt', 'Makefile', 'configure'], [], 'cmake'],
    [['meson.build'], ['build.ninja', 'meson-private/x'], 'meson'],
    [['meson.build'], [], 'meson'],
    [['configure'], [], 'autotools'],
    [['configure', 'CMakeLists.txt'], ['config.status', 'Makefile'], 'autotools'],
    [['configure'], ['CMakeCache.txt', 'build.ninja'], 'cmake'],
    [[], ['build.ninja'], 'ninja'],
    [['Makefile'], ['Makefile'], 'make'],
    [['GNUmakefile'], [], 'make-in-source'],
    [['README'], ['x.o'], 'unknown'],
  ])('of a source with %j and a build with %j is %s', (sources, built, tool) => {
    for (const name of sources) touch(join(source, name));
    for (const name of built) touch(join(directory, name));
    expect(detect({ source, directory }).tool).toBe(tool);
  });
});

it('the project is called as CMake calls it', () => {
  touch(join(directory, 'CMakeCache.txt'), '# comment\n//Value\nCMAKE_PROJECT_NAME:STATIC=VXL\nOTHER:BOOL=ON\n');
  expect(detect({ source, directory }).project).toBe('VXL');
});

describe('the upstream', () => {
  beforeEach(() => {
    mkdirSync(source);
    git('init', '--quiet', '--initial-branch=trunk');
  });

  const upstream = () => detect({ source, directory }).upstream;

  it('is unknown without a remote', () => {
    expect(upstream()).toBeUndefined();
  });

  it('is what the current branch follows, under its name there', () => {
    git('remote', 'add', 'origin', root);
    git('remote', 'add', 'fork', root);
    expect(upstream()).toEqual({ remote: 'origin', branch: 'trunk' });
    git('config', 'branch.trunk.remote', 'fork');
    git('config', 'branch.trunk.merge', 'refs/heads/release/1.0');
    expect(upstream()).toEqual({ remote: 'fork', branch: 'release/1.0' });
  });

  it('is not guessed among several remotes, nor taken from a local branch', () => {
    git('remote', 'add', 'a', root);
    git('remote', 'add', 'b', root);
    git('config', 'branch.trunk.remote', '.');
    git('config', 'branch.trunk.merge', 'refs/heads/other');
    expect(upstream()).toBeUndefined();
  });

  it('of a detached head is the head of the remote', () => {
    git('remote', 'add', 'up', root);
    git('commit', '--quiet', '--allow-empty', '--message=x');
    git('checkout', '--quiet', '--detach');
    expect(upstream()).toBeUndefined();
    git('symbolic-ref', 'refs/remotes/up/HEAD', 'refs/remotes/up/main');
    expect(upstream()).toEqual({ remote: 'up', branch: 'main' });
  });

  it('is that of the source, whatever a hook says about git', () => {
    git('remote', 'add', 'origin', root);
    const before = process.env['GIT_DIR'];
    process.env['GIT_DIR'] = join(root, 'nowhere');
    try {
      expect(upstream()).toEqual({ remote: 'origin', branch: 'trunk' });
    } finally {
      if (before === undefined) delete process.env['GIT_DIR'];
      else process.env['GIT_DIR'] = before;
    }
  });
});
