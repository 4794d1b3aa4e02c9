import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DartBuild } from './dart-build.js';

let build: DartBuild;
let bin: string;

beforeEach(() => {
  build = new DartBuild();
  // Only what a shell needs is in the PATH.
  build.environment['PATH'] = join(build.root, 'empty');
  bin = join(build.root, 'opt cmake', 'bin');
  mkdirSync(bin, { recursive: true });
});
afterEach(() => build.remove());

/** A program that writes down that it was called. */
function install(name: string): string {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>"${build.root}/calls"\n`);
  chmodSync(file, 0o755);
  return file;
}

const calls = (): string => readFileSync(join(build.root, 'calls'), 'utf8');

test.each([
  { cmake: 'cmake', ctest: 'ctest', entry: 'ConfigureCommand' },
  { cmake: 'cmake3', ctest: 'ctest3', entry: 'ConfigureCommand' },
  { cmake: 'cmake', ctest: 'ctest', entry: 'CMakeCommand' },
])('stages run the $ctest beside the $cmake of $entry, which no PATH leads to', ({ cmake, ctest, entry }) => {
  const program = install(cmake);
  install(ctest);
  build.configure(
    entry === 'ConfigureCommand'
      ? { ConfigureCommand: `"${program}" "${build.source}"`, UseLaunchers: 'ON' }
      : { CMakeCommand: program, UseLaunchers: 'ON' },
  );
  expect(build.stagelock('check')).toMatchObject({ code: 0, stderr: '' });
  expect(build.stagelock('run')).toMatchObject({ code: 0, stderr: '' });
  const configured = entry === 'ConfigureCommand' ? `${cmake} ${build.source}\n` : '';
  expect(calls()).toBe(`${configured}${ctest} -T Build\n${ctest} -T Test\n`);
});

test('a cmake without a ctest leaves it to the PATH', () => {
  const program = install('cmake');
  build.configure({ ConfigureCommand: `"${program}" "${build.source}"` });
  expect(build.stagelock('check')).toMatchObject({ code: 2, stderr: expect.stringContaining('no program ctest') });
});
