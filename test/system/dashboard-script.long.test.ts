import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Dashboard, dashboard } from '../submission/dashboard.js';
import { makeRepository, type SourceRepository, environment as systems } from '../updates/systems/repositories.js';
import { type Ended, missing, Running, STAGELOCK } from './programs.js';

const noCtest = missing('ctest');
/** What the documentation tells people to write. */
const DOCUMENTATION = readFileSync('docs/ctest.md', 'utf8');
const example = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(DOCUMENTATION)?.[1] ?? '';

let root: string;
let server: Dashboard;
let repository: SourceRepository;
const at = (...path: readonly string[]): string => join(root, ...path);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'dashboard [script] '));
  server = await dashboard();
  repository = makeRepository('git', root);
  // A test that sees the locks of the run, in a build directory that was emptied.
  const lists = `cmake_minimum_required(VERSION 3.10)
project(x NONE)
enable_testing()
add_test(NAME locks COMMAND test -e "\${CMAKE_BINARY_DIR}/Testing/Temporary/running")
add_test(NAME emptied COMMAND test ! -e "\${CMAKE_BINARY_DIR}/old")
`;
  const config = `set(CTEST_PROJECT_NAME x)\nset(CTEST_SUBMIT_URL "${server.url}")\n`;
  repository.commit({ log: 'first', write: { 'CMakeLists.txt': lists, 'CTestConfig.cmake': config } });
  repository.clone(at('source'));
  for (const build of ['build', 'other']) {
    mkdirSync(at(build));
    // Without it ctest does not empty a directory.
    for (const name of ['CMakeCache.txt', 'old', '.old']) writeFileSync(at(build, name), '');
  }
  writeFileSync(at('dashboard.cmake'), here(example('cmake')));
  writeFileSync(at('other.cmake'), here(example('cmake')).replace(at('build'), at('other')));
  const other = `
[builds.other]
primary = "gcc"
directory = "${at('other')}"
model = "Continuous"

[builds.other.stages.dashboard]
command = ["ctest", "-S", "${at('other.cmake')}"]
`;
  writeFileSync(at('stagelock.toml'), `[project]\nname = "x"\n\n${here(example('toml'))}${other}`);
});

afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const here = (text: string): string => text.replaceAll('/srv/project', root);

/** Without blocking this process, in which the server runs. */
function execute(program: string, ...args: readonly string[]): Promise<Ended> {
  const env = { ...systems, HOME: root };
  return new Running(spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })).ended;
}

const stagelock = (...args: readonly string[]): Promise<Ended> => execute(process.execPath, STAGELOCK, ...args);
const head = async (): Promise<string> => (await execute('git', '-C', at('source'), 'rev-parse', 'HEAD')).stdout.trim();

/** The reports of one kind that the dashboard has got since it was asked last. */
function received(kind: string): string[] {
  const all = server.received.filter(({ parameters }) => parameters['FileName']?.endsWith(`${kind}.xml`));
  return all.map(({ body }) => body);
}

describe.skipIf(noCtest !== undefined)(`the dashboard script of docs/ctest.md (${noCtest ?? 'real ctest'})`, () => {
  test('is a stage: the update that it submits is the one that stagelock has made', async () => {
    const before = await head();
    repository.commit({ log: 'news', write: { 'a & b.c': '1' } });
    expect(await stagelock('run', 'gcc')).toMatchObject({ code: 0, stderr: '' });
    const [update = '', ...more] = received('Update');
    expect(more).toEqual([]);
    expect(update).toContain(`<Revision>${await head()}</Revision>`);
    expect(update).toContain(`<PriorRevision>${before}</PriorRevision>`);
    expect(update).toContain('<FullName>a &amp; b.c</FullName>');
    expect(update).toContain('<Site>build3</Site>');
    expect(update).toContain('<BuildName>Linux gcc</BuildName>');
    const [build = ''] = received('Build');
    const stamp = /BuildStamp="([^"]*)"/.exec(build)?.[1];
    expect(stamp).toMatch(/^\d{8}-\d{4}-Our Continuous$/);
    expect(update).toContain(`<BuildStamp>${stamp}</BuildStamp>`);
    expect(build).toContain('BuildName="Linux gcc"');
    const [tests = ''] = received('Test');
    expect(tests.match(/<Test Status="passed">/g)).toHaveLength(2);
    // No news: no stage, no report.
    expect(await stagelock('run', 'gcc')).toMatchObject({ code: 0, stderr: '' });
    expect(received('Build')).toHaveLength(1);
  });

  test('of a secondary builds what is there, and moves nothing, whatever has been pushed meanwhile', async () => {
    repository.commit({ log: 'news', write: { a: '1' } });
    expect(await stagelock('run', 'gcc')).toMatchObject({ code: 0, stderr: '' });
    const built = await head();
    repository.commit({ log: 'later', write: { b: '1' } });
    server.received.length = 0;
    expect(await stagelock('run', 'other')).toMatchObject({ code: 0, stderr: '' });
    expect(await head()).toBe(built);
    const [update = ''] = received('Update');
    expect(update).toContain(`<Revision>${built}</Revision>`);
    expect(update).not.toContain('<FullName>b</FullName>');
    expect(received('Test')[0]).toContain('<Test Status="passed">');
  });

  test('may build in a directory of its own, also one that ctest_start names', async () => {
    const script = readFileSync(at('dashboard.cmake'), 'utf8').replaceAll(at('build'), at('inner'));
    for (const start of [
      'ctest_start(Experimental TRACK Mine)',
      `ctest_start(Experimental "${at('source')}" "${at('inner')}")`,
    ]) {
      mkdirSync(at('inner'), { recursive: true });
      writeFileSync(at('inner', 'CMakeCache.txt'), '');
      writeFileSync(at('dashboard.cmake'), script.replace(/^ctest_start.*$/m, start));
      repository.commit({ log: 'news', write: { a: start } });
      const before = await head();
      server.received.length = 0;
      // The tests look for the locks beside them, which are in the other directory.
      expect((await stagelock('run', 'gcc')).code).toBe(1);
      expect(await head()).not.toBe(before);
      const [update = ''] = received('Update');
      expect(update).toContain('<FullName>a</FullName>');
      const stamp = /BuildStamp="([^"]*)"/.exec(received('Build')[0] ?? '')?.[1];
      expect(stamp).toMatch(start.includes('Mine') ? /-Mine$/ : /-Experimental$/);
      expect(update).toContain(`<BuildStamp>${stamp}</BuildStamp>`);
    }
  });

  test.each([
    { what: 'a test', file: 'add_test(NAME bad COMMAND false)', says: 'ctest_test: result' },
    {
      what: 'a compile',
      file: 'add_custom_target(bad ALL echo "a.c:1:1: error: no" COMMAND false)',
      says: 'ctest_build: errors',
    },
    { what: 'a configure', file: 'message(FATAL_ERROR no)', says: 'ctest_configure: result' },
  ])('fails with $what that fails, and goes on to submit it', async ({ file, says }) => {
    const lists = `cmake_minimum_required(VERSION 3.10)\nproject(x NONE)\nenable_testing()\n${file}\n`;
    repository.commit({ log: 'news', write: { 'CMakeLists.txt': lists } });
    const ended = await stagelock('run', 'gcc');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/gcc: dashboard failed: \d+ errors? \(exit code 255/);
    const log = /^ {2}log: (.*)$/m.exec(ended.stderr)?.[1] ?? '';
    expect(readFileSync(log, 'utf8')).toContain(says);
    expect(received('Update')).toHaveLength(1);
    expect(received('Configure')).toHaveLength(1);
  });

  test('that fails is a stage that fails, and stagelock says so', async () => {
    writeFileSync(at('dashboard.cmake'), `${readFileSync(at('dashboard.cmake'), 'utf8')}\nmessage(FATAL_ERROR no)\n`);
    repository.commit({ log: 'news', write: { a: '1' } });
    const ended = await stagelock('run', 'gcc');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/gcc: dashboard failed: \d+ errors? \(exit code 255/);
  });

  test('does all by itself where there is no stagelock', async () => {
    repository.commit({ log: 'news', write: { a: '1' } });
    await execute('ctest', '-S', at('dashboard.cmake'));
    expect(received('Update')[0]).toContain('<FullName>a</FullName>');
    expect(received('Test')[0]).toContain('<Test Status="failed">'); // there is no lock to be seen
  });
});
