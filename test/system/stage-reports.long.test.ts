import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
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

  test('count errors of the log as a failure where the configuration says so, whichever program found them', () => {
    const loud = 'echo "x.c:1:2: error: no"; echo "y.c:3: warning: hm"';
    const verdict = (stages: string, files = {}) => {
      const { run, report } = project({ ...BROKEN, ...files }, stages);
      const { status, stderr, stdout } = run();
      const text = stderr
        .replaceAll(/ after .*/g, ' after T')
        .replaceAll(/^ {2}log: .*/gm, '  log: FILE')
        .replace(/(?<=To see more: stagelock).*/, ' log');
      return { status, stderr: text, stdout, report };
    };
    expect(verdict(`stages.build = { shell = '${loud}' }`)).toMatchObject({ status: 0, stderr: '' });
    const failed = verdict(
      `stages.build = { shell = '${loud}; ${loud}', errors = "fail" }\nstages.test = { shell = ":" }`,
    );
    expect(failed).toMatchObject({
      status: 1,
      stderr: `stagelock: one: build failed: 2 errors (although its command exited with 0, after T
  x.c:1:2: error: no
  x.c:1:2: error: no
  log: FILE
  No run has passed yet.
  To see more: stagelock log
`,
    });
    expect(failed.stdout).not.toContain('test');
    expect(textsOf(read(failed.report('one', 'Build.xml')), 'Site/Build/Error/Text')).toHaveLength(2);
    const quiet = verdict(`stages.lint = { shell = '${loud}', errors = "fail" }`);
    expect(quiet).toMatchObject({ status: 1 });
    expect(quiet.stderr).toContain('one: lint failed: 1 error (although');
    // ctest itself exits with 0 when make has failed.
    const theirs = verdict(
      `stages.configure = { command = ["cmake", "-S", "../source", "-B", "."] }
stages.build = { command = ["ctest", "-T", "Build"], errors = "fail" }\n`,
    );
    expect(theirs).toMatchObject({ status: 1 });
    expect(theirs.stderr).toMatch(/one: build failed: \d errors \(although .*\n(.*\n)*? {2}\S*w\.c:1:\d+: error/);
  });

  test('of a project whose make ignores errors are those of ctest, and the run fails as its dashboard says', () => {
    const root = temporaryDirectory();
    const [source, build] = [join(root, 'source'), join(root, 'build')];
    const write = (files: Readonly<Record<string, string>>): void => {
      mkdirSync(source, { recursive: true });
      for (const [name, text] of Object.entries(files)) writeFileSync(join(source, name), text);
    };
    // The policies of such old projects have CMake write `-i`.
    const old = BROKEN['CMakeLists.txt'].replace('3.10', '3.1');
    write({ ...BROKEN, 'CMakeLists.txt': old.replace('exit 3', 'exit 0') });
    spawnSync('cmake', ['-S', source, '-B', build, '-G', 'Unix Makefiles'], { env: environment });
    expect(readFileSync(join(build, 'DartConfiguration.tcl'), 'utf8')).toMatch(/^MakeCommand: .*-- -i$/m);
    const tagged = (name: string): string => {
      const tag = readFileSync(join(build, 'Testing', 'TAG'), 'utf8').split('\n')[0] ?? '';
      return join(build, 'Testing', tag, name);
    };
    const stagelock = () =>
      spawnSync(process.execPath, [STAGELOCK, '--build-dir', build, 'run', '-M', 'Experimental'], {
        env: environment,
        encoding: 'utf8',
      });
    const errors = (): string[] => textsOf(read(tagged('Build.xml')), 'Site/Build/Error/BuildLogLine');
    const failed = stagelock();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(
      /^stagelock: \S+: build failed: \d errors \(although its command exited with 0, after /,
    );
    // As with ctest the tests still run.
    expect(readFileSync(tagged('Test.xml'), 'utf8')).toContain('Status="passed"');
    const ours = errors();
    spawnSync('ctest', ['-D', 'ExperimentalStart', '-D', 'ExperimentalBuild'], { cwd: build, env: environment });
    expect(ours).toHaveLength(errors().length);
    write({ 'w.c': 'int g(void) { return 1; }\n', 'm.c': 'int main(void) { return 0; }\n' });
    expect(stagelock()).toMatchObject({ status: 0, stderr: '' });
  });

  test('follow the CTestCustom.cmake that the project configures into its build directory: what is an error, and which tests run', () => {
    const root = temporaryDirectory();
    const { source } = project(BROKEN, '');
    const build = join(root, 'build');
    writeFileSync(
      join(source, 'CMakeLists.txt'),
      `${BROKEN['CMakeLists.txt'].replace('3.10', '3.1')}configure_file(custom.in CTestCustom.cmake @ONLY)\n`,
    );
    writeFileSync(
      join(source, 'custom.in'),
      `set(CTEST_CUSTOM_ERROR_EXCEPTION "w\\\\.c" "undefined reference" "ld returned" "Error [0-9]")
set(CTEST_CUSTOM_WARNING_EXCEPTION "unused" "In function" "note")
set(CTEST_CUSTOM_TESTS_IGNORE bad)
set(CTEST_CUSTOM_PRE_TEST "cmake -E touch before")
set(CTEST_CUSTOM_POST_TEST "cmake -E touch after")\n`,
    );
    spawnSync('cmake', ['-S', source, '-B', build, '-G', 'Unix Makefiles'], { env: environment });
    const stagelock = () =>
      spawnSync(process.execPath, [STAGELOCK, '--build-dir', build, 'run', '-M', 'Experimental'], {
        env: environment,
        encoding: 'utf8',
      });
    // make -i: two things do not compile, and the project takes neither for an error.
    expect(stagelock()).toMatchObject({ status: 0, stderr: '' });
    const tag = (): string => readFileSync(join(build, 'Testing', 'TAG'), 'utf8').split('\n')[0] ?? '';
    const tests = read(join(build, 'Testing', tag(), 'Test.xml'));
    expect(textsOf(tests, 'Site/Testing/Test/Name')).toEqual(['good']);
    expect(readdirSync(build)).toEqual(expect.arrayContaining(['before', 'after']));
    // The next run has what the configure of this one writes.
    writeFileSync(
      join(source, 'custom.in'),
      'set(CTEST_CUSTOM_ERROR_MATCH "(" "Built target")\nmessage(FATAL_ERROR no)\n',
    );
    const broken = stagelock();
    expect(broken).toMatchObject({ status: 1 });
    expect(broken.stderr).toContain('CTestCustom.cmake has errors; what it set before that is used: CMake Error');
    const xml = read(join(build, 'Testing', tag(), 'Build.xml'));
    expect(textsOf(xml, 'Site/Build/Error/Text').filter((text) => text.includes('Built target'))).not.toEqual([]);
    const log = readFileSync(join(build, 'Testing', 'Temporary', `LastBuild_${tag()}.log`), 'utf8');
    expect(log).toContain('CTEST_CUSTOM_ERROR_MATCH: ignored, as by ctest: "(" (unmatched parenthesis)');
  });

  test('name an expression of CTestCustom.cmake that takes too long, judge without it, and hear SIGTERM meanwhile', async () => {
    const { source, root } = project(BROKEN, '');
    const build = join(root, 'build');
    const lists = `cmake_minimum_required(VERSION 3.10)
project(x NONE)
include(CTest)
add_custom_target(loud ALL COMMAND cat "${root}/log")\n`;
    writeFileSync(join(source, 'CMakeLists.txt'), lists);
    spawnSync('cmake', ['-S', source, '-B', build, '-G', 'Unix Makefiles'], { env: environment });
    const costly = `a${'[ab]'.repeat(20)}x`;
    const random = (length: number) => Array.from({ length }, () => (Math.random() < 0.5 ? 'a' : 'b')).join('');
    const writeCustom = (texts: readonly string[]) =>
      writeFileSync(join(build, 'CTestCustom.cmake'), `set(CTEST_CUSTOM_WARNING_MATCH ${texts.join(' ')} "zz top")\n`);
    const args = [STAGELOCK, '--build-dir', build, 'run', '-M', 'Experimental'];
    writeCustom([costly]);
    writeFileSync(join(root, 'log'), `${random(900_000)}\nzz top\n`);
    const ran = spawnSync(process.execPath, args, { env: environment, encoding: 'utf8' });
    expect(ran.stderr).toMatch(
      /CTEST_CUSTOM_WARNING_MATCH: "a\[ab\].*x" takes too long, so stagelock ignored it from line \d+ of the log of build on/,
    );
    expect(ran.status).toBe(0);
    const tag = readFileSync(join(build, 'Testing', 'TAG'), 'utf8').split('\n')[0] ?? '';
    const xml = read(join(build, 'Testing', tag, 'Build.xml'));
    expect(textsOf(xml, 'Site/Build/Warning/Text')).toEqual(['zz top']);

    // So many that it would go on for minutes, all of it after the command has ended.
    writeCustom(Array.from({ length: 300 }, (_, n) => `${costly.slice(0, -1)}${n}`));
    writeFileSync(join(root, 'log'), `${random(900_000)}\n`.repeat(20));
    const log = () => {
      const temporary = join(build, 'Testing', 'Temporary');
      const name = readdirSync(temporary).find((each) => /^LastBuild_.*\.log$/.test(each) && !each.includes(tag));
      return name === undefined ? '' : readFileSync(join(temporary, name), 'latin1');
    };
    const child = spawn(process.execPath, args, { env: environment, stdio: 'ignore' });
    const ended = once(child, 'exit');
    await vi.waitFor(() => expect(log()).toContain('Built target loud'), { timeout: 50_000, interval: 100 });
    const beganMs = performance.now();
    child.kill('SIGTERM');
    const [code] = await ended;
    expect(code).toBe(143);
    expect(performance.now() - beganMs).toBeLessThan(15_000);
  }, 120_000);

  test("of a project that has CTest's launchers are what these tell: a failed compile, and no line that only looks like one", () => {
    const root = temporaryDirectory();
    const { source } = project(BROKEN, '');
    const build = join(root, 'build');
    const lists = `${BROKEN['CMakeLists.txt'].replace('exit 3', 'exit 0')}
add_custom_target(loud ALL COMMAND \${CMAKE_COMMAND} -E echo "x.c:1:2: error: not at all")\n`;
    writeFileSync(join(source, 'CMakeLists.txt'), lists);
    spawnSync('cmake', ['-S', source, '-B', build, '-DCTEST_USE_LAUNCHERS=ON'], { env: environment });
    const stagelock = () =>
      spawnSync(process.execPath, [STAGELOCK, '--build-dir', build, 'run', '-M', 'Experimental'], {
        env: environment,
        encoding: 'utf8',
      });
    const failed = stagelock();
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toMatch(/: build failed: \d errors? \(although .*\n(.*\n)*? {2}\S*w\.c.*error/);
    writeFileSync(join(source, 'w.c'), 'int g(void) { return 1; }\n');
    writeFileSync(join(source, 'm.c'), 'int main(void) { return 0; }\n');
    expect(stagelock()).toMatchObject({ status: 0, stderr: '' });
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
    expect(stagelock('status').stdout).toMatch(/^gcc-x \(primary\): idle.*\n(?: {2}last .*\n)*$/);
    expect(stagelock('log').stdout.trim().split('\n')).toHaveLength(2);
    const nowhere = spawnSync(process.execPath, [STAGELOCK, '--build-dir', root, 'check'], { encoding: 'utf8' });
    expect(nowhere.status).toBe(2);
    expect(nowhere.stderr).toBe(
      `stagelock: there is no ${root}/DartConfiguration.tcl; CMake writes it for a project with include(CTest)\n`,
    );
  });
});
