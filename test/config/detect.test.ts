import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detect } from '../../src/config/detect.js';
import { withoutLogin } from '../../src/config/source-remote.js';

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
    tool: 'unknown',
    presets: [],
    targets: [],
    locked: false,
    update: { kind: 'obstacle', message: `there is no source directory ${source}` },
    remote: undefined,
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
    [['GNUmakefile', 'package.json'], [], 'make-in-source'],
    [['Cargo.toml', 'Makefile'], [], 'cargo'],
    [['package.json', 'package-lock.json'], [], 'npm'],
    [['package.json', 'pnpm-lock.yaml'], [], 'pnpm'],
    [['package.json', 'yarn.lock'], [], 'yarn'],
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

describe('the project is called as its build files call it:', () => {
  it.each([
    ['CMakeLists.txt', 'cmake_minimum_required(VERSION 3.20)\nproject( Mine.2 C)\n', 'Mine.2'],
    ['CMakeLists.txt', `project(\${NAME})\n`, 'example'],
    ['meson.build', "project('of meson', 'c')\n", 'of meson'],
    ['Cargo.toml', '[workspace]\nname = "no"\n[package]\nversion = "1"\nname = "crate"\n', 'crate'],
    ['package.json', '{"name": "@scope/package"}', '@scope/package'],
    ['package.json', '{"name": ["no"]}', 'example'],
    ['package.json', 'no JSON', 'example'],
    ['package.json', '{"name": "a\\u001bb"}', 'a b'],
  ])('%s with %j is %s', (file, text, name) => {
    touch(join(source, file), text);
    expect(detect({ source, directory }).project).toBe(name);
  });
});

it('the targets of a Makefile are those that stand in it', () => {
  touch(join(source, 'Makefile'), 'all:\n\ttrue\ntest := no target\ncheck : all\n');
  expect(detect({ source, directory }).targets).toEqual(['check']);
});

it('the scripts of a package are those that do something', () => {
  const scripts = { build: 'tsc', test: 'echo "Error: no test specified" && exit 1', odd: 3 };
  touch(join(source, 'package.json'), JSON.stringify({ scripts }));
  expect(detect({ source, directory }).targets).toEqual(['build']);
});

it.each([
  ['https://ann:secret@example.org/x.git', 'https://example.org/x.git'],
  ['https://token@example.org/x@y', 'https://example.org/x@y'],
  [':pserver:anonymous:secret@cvs.example.org:/cvs', ':pserver:cvs.example.org:/cvs'],
  ['git@example.org:x.git', 'git@example.org:x.git'],
  ['file:///srv/a@b/x', 'file:///srv/a@b/x'],
  ['/srv/a:b@c', '/srv/a:b@c'],
])('of the remote %s, %s is shown', (address, shown) => {
  expect(withoutLogin(address)).toBe(shown);
});

describe('the upstream', () => {
  beforeEach(() => {
    mkdirSync(source);
    git('init', '--quiet', '--initial-branch=trunk');
  });

  const upstream = () => {
    const { update } = detect({ source, directory });
    return update.kind === 'update' ? { remote: update.table.remote, branch: update.table.branch } : undefined;
  };

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
