import { expect, it } from 'vitest';
import { chooseBuild } from '../../src/config/build-of.js';
import { load } from './config.js';

const ONE =
  '[project]\nname = "E"\n[defaults]\nsource = "s"\nupdate = { branch = "main" }\n[builds.gcc]\ndirectory = "a"\n';
const two = load(`${ONE}[builds.clang]\nsource = "t"\ndirectory = "b"\n`);

it('the only build needs no name', () => {
  expect(chooseBuild(load(ONE))).toMatchObject({ kind: 'chosen', build: { name: 'gcc' } });
});

it('a name chooses its build', () => {
  expect(chooseBuild(two, 'clang')).toMatchObject({ kind: 'chosen', build: { name: 'clang' } });
});

it('without a name, several builds are named', () => {
  expect(chooseBuild(two)).toEqual({
    kind: 'ambiguous',
    message: 'say which build is meant: /etc/ci/stagelock.toml defines gcc, clang',
  });
});

it('an unknown name gets the nearest and all of them', () => {
  expect(chooseBuild(two, 'calng')).toEqual({
    kind: 'unknown',
    message: 'there is no build "calng"; did you mean `clang`? (/etc/ci/stagelock.toml defines gcc, clang)',
  });
  expect(chooseBuild(load(ONE), 'msvc')).toEqual({
    kind: 'unknown',
    message: 'there is no build "msvc" (/etc/ci/stagelock.toml defines gcc)',
  });
});
