import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readXml } from '../../src/xml/events.js';
import { temporaryDirectory } from '../updates/repository.js';
import { CTEST_FILES } from '../updates/systems/ctest.js';
import { environment, makeRepository } from '../updates/systems/repositories.js';
import { missing, STAGELOCK } from './programs.js';

const absent = missing('ctest') ?? missing('cc') ?? missing('make');

/** An element with its text, below which path; and the names of the attributes of the root. */
interface Read {
  readonly elements: readonly (readonly [path: string, text: string])[];
  readonly attributes: readonly string[];
}

function read(file: string): Read {
  const path: string[] = [];
  const elements: [string, string][] = [];
  let attributes: string[] = [];
  readXml(readFileSync(file), {
    open: (name, found) => {
      if (path.length === 0) attributes = Object.keys(found);
      path.push(name);
    },
    close: (_name, text) => {
      elements.push([path.join('/'), text]);
      path.pop();
    },
  });
  return { elements, attributes };
}

/** The names of the elements in their order, each run of repetitions once. */
const orderOf = ({ elements }: Read): string[] =>
  elements.map(([path]) => path).filter((path, at, all) => path !== all[at - 1]);

const textsOf = ({ elements }: Read, path: string): string[] =>
  elements.flatMap(([of, text]) => (of === path ? [text] : []));

/** A project of C whose sources are given, with the stages of CTest, run by stagelock. */
function project(files: Readonly<Record<string, string>>, stages: string) {
  const root = temporaryDirectory();
  const source = join(root, 'source');
  mkdirSync(source);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(source, name), text);
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]\nname = "x"\n[builds.one]\nsource = "source"\ndirectory = "one"\nmodel = "Experimental"\n${stages}`,
  );
  const run = () =>
    spawnSync(process.execPath, [STAGELOCK, '-c', config, 'run', 'one'], { env: environment, encoding: 'utf8' });
  const report = (build: string, name: string): string => {
    const testing = join(root, build, 'Testing');
    const tag = readdirSync(testing).find((entry) => /^\d{8}-\d{4}$/.test(entry)) ?? '';
    return join(testing, tag, name);
  };
  return { root, source, run, report };
}

const BROKEN = {
  ...CTEST_FILES,
  'CMakeLists.txt': `cmake_minimum_required(VERSION 3.10)
project(x C)
include(CTest)
message(WARNING "careful")
add_library(l l.c)
add_library(w w.c)
target_compile_options(w PRIVATE -Wall)
add_executable(m m.c)
add_test(NAME good COMMAND sh -c "echo hi")
add_test(NAME bad COMMAND sh -c "echo no; exit 3")
`,
  'l.c': 'int f(void) { return 1; }\n',
  'w.c': 'int g(void) { int unused; return 1 }\n',
  'm.c': 'int nope(void);\nint main(void) { return nope(); }\n',
};

describe.skipIf(absent !== undefined)(`reports of stages${absent === undefined ? '' : ` (${absent})`}`, () => {
  test('have the elements of CTest in its order, and find what it finds', () => {
    const { root, source, run, report } = project(
      BROKEN,
      `stages.configure = { command = ["cmake", "-S", "../source", "-B", "."], on_failure = "continue" }
stages.build = { command = ["make", "-k", "VERBOSE="], on_failure = "continue" }
stages.test = { shell = "echo no; exit 3" }
`,
    );
    const ctest = join(root, 'ctest');
    mkdirSync(ctest);
    const theirs = (...args: string[]) => spawnSync('ctest', args, { cwd: ctest, env: environment });
    spawnSync('cmake', [source], { cwd: ctest, env: environment });
    theirs('-D', 'ExperimentalStart');
    theirs('-D', 'ExperimentalConfigure');
    spawnSync('ctest', ['-D', 'ExperimentalBuild'], { cwd: ctest, env: { ...environment, MAKEFLAGS: '-k' } });
    theirs('-D', 'ExperimentalTest');
    expect(run()).toMatchObject({ status: 1 });

    for (const name of ['Configure.xml', 'Build.xml', 'Test.xml']) {
      const [ours, its] = [read(report('one', name)), read(report('ctest', name))];
      expect(ours.attributes).toEqual(its.attributes);
      const known = new Set(orderOf(its));
      expect(orderOf(ours).filter((path) => !known.has(path))).toEqual([]);
      const order = orderOf(its);
      const seen = orderOf(ours).filter((path, at, all) => all.indexOf(path) === at);
      expect(seen).toEqual(order.filter((path, at, all) => all.indexOf(path) === at && seen.includes(path)));
    }
    const [ours, its] = [read(report('one', 'Build.xml')), read(report('ctest', 'Build.xml'))];
    for (const kind of ['Error', 'Warning']) {
      // CTest shortens the path of the source tree; lines of generated makefiles depend on the version of CMake.
      const plain = (text: string): string =>
        text
          .replace(/^g?make/, 'make')
          .replaceAll(`${root}/`, '/.../')
          .replaceAll(/build\.make:\d+|Makefile2?:\d+/g, '');
      const texts = textsOf(ours, `Site/Build/${kind}/Text`).map(plain);
      const expected = textsOf(its, `Site/Build/${kind}/Text`).map(plain);
      // CTest adds a warning of its own for the exit code.
      for (const text of expected.filter((text) => !text.startsWith('*** '))) expect(texts).toContain(text);
      for (const part of ['SourceFile', 'SourceLineNumber']) {
        const path = `Site/Build/${kind}/${part}`;
        expect(textsOf(ours, path)).toEqual(textsOf(its, path));
      }
    }
    expect(textsOf(read(report('one', 'Test.xml')), 'Site/Testing/Test/FullName')).toEqual(['./test']);
    expect(textsOf(read(report('one', 'Configure.xml')), 'Site/Configure/ConfigureStatus')).toEqual(['0']);
  });

  test('that the command of a stage has written itself are used as they are', () => {
    const { run, report } = project(
      { ...BROKEN, 'w.c': 'int g(void) { return 1; }\n', 'm.c': 'int main(void) { return 0; }\n' },
      `stages.configure = { command = ["cmake", "-S", "../source", "-B", "."] }
stages.build = { command = ["ctest", "-T", "Build"] }
stages.test = { command = ["ctest", "-T", "Test"] }
`,
    );
    expect(run()).toMatchObject({ status: 1 }); // the bad test
    expect(readFileSync(report('one', 'Configure.xml'), 'utf8')).toContain('Generator="stagelock-');
    for (const name of ['Build.xml', 'Test.xml']) {
      expect(readFileSync(report('one', name), 'utf8')).toContain('Generator="ctest-');
    }
    expect(textsOf(read(report('one', 'Test.xml')), 'Site/Testing/Test/Name')).toEqual(['good', 'bad']);
  });

  test('of tests come from JUnit XML where there is some of this run', () => {
    const junit = `<?xml version="1.0"?><testsuites><testsuite name="s">
<testcase classname="a.b" name="one &amp; two" time="0.25"/>
<testcase classname="a.b" name="three"><failure message="not 4">at x.c:3</failure><system-out>said</system-out></testcase>
<testcase classname="a.b" name="four"><skipped/></testcase></testsuite></testsuites>`;
    const { source, run, report } = project(
      { 'ours.xml': junit },
      `stages.test = { shell = 'mkdir -p r; cp "$STAGELOCK_SOURCE/ours.xml" r/TEST-1.xml; echo "<x>" > r/TEST-2.xml; exit 1', junit = "r/TEST-*.xml" }\n`,
    );
    expect(source).toBeTruthy();
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('TEST-2.xml cannot be read as JUnit XML');
    const tests = read(report('one', 'Test.xml'));
    expect(textsOf(tests, 'Site/Testing/Test/FullName')).toEqual(['./a/b/one & two', './a/b/three', './a/b/four']);
    expect(textsOf(tests, 'Site/Testing/Test/Results/Measurement/Value')[1]).toBe('not 4\nat x.c:3\nsaid');
    expect(readFileSync(report('one', 'Test.xml'), 'utf8').match(/Status="\w+"/g)).toEqual([
      'Status="passed"',
      'Status="failed"',
      'Status="notrun"',
    ]);
  });

  test('of a build that fails without a word say so', () => {
    const { run, report } = project({}, `stages.build = { shell = "exit 7" }\n`);
    expect(run()).toMatchObject({ status: 1 });
    expect(textsOf(read(report('one', 'Build.xml')), 'Site/Build/Error/Text')).toEqual([
      '*** the command failed with exit code 7',
    ]);
  });

  test('come of a build directory of CMake without any configuration, and a last `ctest -T Submit` could send them', () => {
    const root = temporaryDirectory();
    const repository = makeRepository('git', root);
    repository.commit({ log: 'one', write: { ...CTEST_FILES, a: '1\n' } });
    const source = join(root, 'source');
    repository.clone(source);
    const build = join(root, 'build');
    spawnSync('cmake', ['-S', source, '-B', build, '-DBUILDNAME=gcc (x)'], { env: environment });
    const stagelock = (...args: string[]) =>
      spawnSync(process.execPath, [STAGELOCK, '--build-dir', build, ...args], { env: environment, encoding: 'utf8' });
    expect(stagelock('run', '-M', 'Continuous')).toMatchObject({ status: 0, stderr: '' });
    repository.commit({ log: 'two', write: { a: '2\n' } });
    expect(stagelock('run', '-M', 'Continuous')).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(source, 'a'), 'utf8')).toBe('2\n');
    const update = readFileSync(join(build, 'Testing', 'Temporary', 'LastUpdate.xml'), 'utf8');
    expect(update).toContain('<FullName>a</FullName>');
    expect(update).toContain('<BuildName>gcc (x)</BuildName>');
    const testing = join(build, 'Testing');
    const tag = readFileSync(join(testing, 'TAG'), 'utf8').split('\n')[0] ?? '';
    expect(readFileSync(join(testing, tag, 'Build.xml'), 'utf8')).toContain('<Site BuildName="gcc (x)"');
    expect(readdirSync(join(testing, tag)).sort()).toEqual(['Build.xml', 'Configure.xml', 'Test.xml', 'Update.xml']);
    expect(stagelock('run', '-M', 'Continuous').stdout).toBe('');
    expect(stagelock('status').stdout).toBe('gcc-x (primary): idle\n');
    expect(stagelock('log').stdout.trim().split('\n')).toHaveLength(2);
    const nowhere = spawnSync(process.execPath, [STAGELOCK, '--build-dir', root, 'check'], { encoding: 'utf8' });
    expect(nowhere.status).toBe(2);
    expect(nowhere.stderr).toBe(
      `stagelock: there is no ${root}/DartConfiguration.tcl; CMake writes it for a project with include(CTest)\n`,
    );
  });
});
