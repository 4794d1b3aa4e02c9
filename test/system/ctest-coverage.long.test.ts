import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readSpool } from '../../src/submission/spool.js';
import { DartBuild } from './dart-build.js';
import { missing } from './programs.js';

let build: DartBuild;
afterEach(() => build.remove());
const unable = ['ctest', 'cc', 'make', 'gcov'].map(missing).find((why) => why !== undefined);

/** A project of C whose test covers a part of it. */
function project(
  options: { readonly flags?: string; readonly fails?: boolean; readonly coverage?: string } = {},
): void {
  const { flags = '--coverage', fails = false, coverage } = options;
  build = new DartBuild();
  writeFileSync(
    join(build.source, 'CMakeLists.txt'),
    `cmake_minimum_required(VERSION 3.10)
project(x C)
include(CTest)
add_executable(a a.c)
target_compile_options(a PRIVATE ${flags})
target_link_libraries(a PRIVATE ${flags})
add_test(NAME a COMMAND a)
`,
  );
  writeFileSync(
    join(build.source, 'a.c'),
    `int main(int count, char **words) {\n  (void)words;\n  if (count > 1)\n    return 2;\n  return ${fails ? 1 : 0};\n}\n`,
  );
  // No server listens there, so the reports stay in the spool.
  const args = [
    '-DSUBMIT_URL=http://127.0.0.1:1/submit.php',
    '-DBUILDNAME=x',
    '-DSITE=here',
    '-DCTEST_SUBMIT_RETRY_COUNT=0',
  ];
  const more = coverage === undefined ? [] : [`-DCOVERAGE_COMMAND=${coverage}`];
  expect(build.run('cmake', ['-S', build.source, '-B', build.directory, ...args, ...more])).toMatchObject({ code: 0 });
}

/** The reports of coverage, without the times and what depends on them. */
function reports(): Record<string, string> {
  const directory = join(build.directory, 'Testing', build.tag[0] ?? '');
  const names = readdirSync(directory)
    .filter((name) => name.startsWith('Coverage'))
    .sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      readFileSync(join(directory, name), 'utf8')
        .replaceAll(/<(Start|End)(Date)?Time>.*?<\/\1\2Time>|<ElapsedMinutes>.*?<\/ElapsedMinutes>/g, '')
        .replaceAll(/BuildStamp="[^"]*"/g, ''),
    ]),
  );
}

function ofCTest(): Record<string, string> {
  const steps = ['Start', 'Configure', 'Build', 'Test', 'Coverage'].flatMap((step) => ['-D', `Experimental${step}`]);
  build.ctest(...steps);
  const found = reports();
  rmSync(join(build.directory, 'Testing'), { recursive: true });
  build.run('make', ['clean']);
  for (const name of readdirSync(join(build.directory, 'CMakeFiles', 'a.dir'))) {
    if (name.endsWith('.gcda')) rmSync(join(build.directory, 'CMakeFiles', 'a.dir', name));
  }
  return found;
}

const spooled = (): string[] =>
  readSpool(join(build.directory, 'Testing', 'Spool')).submissions.flatMap(({ files }) =>
    files.map(({ name }) => name),
  );

test.for([
  { what: 'a project with --coverage', options: {}, code: 0, names: ['Coverage.xml', 'CoverageLog-0.xml'] },
  { what: 'tests that fail', options: { fails: true }, code: 1, names: ['Coverage.xml', 'CoverageLog-0.xml'] },
  { what: 'a project without coverage', options: { flags: '-O1' }, code: 0, names: [] },
  { what: 'no CoverageCommand', options: { coverage: '' }, code: 0, names: [] },
])('the coverage of $what is reported and submitted as by ctest', ({ options, code, names }, { skip }) => {
  skip(unable !== undefined, unable);
  project(options);
  const theirs = ofCTest();
  expect(Object.keys(theirs)).toEqual(names);
  const ran = build.stagelock('run', '--model', 'Continuous');
  expect(ran).toMatchObject({ code });
  expect(reports()).toEqual(theirs);
  expect(spooled().filter((name) => name.startsWith('Coverage'))).toEqual(names);
  expect(readdirSync(join(build.directory, 'Testing', 'Temporary')).filter((name) => name === 'coverage')).toEqual([]);
});
