import { execFile, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addSubmission, readSpool } from '../../src/submission/spool.js';
import { type Dashboard, dashboard, losingTheAnswer, refusing } from '../submission/dashboard.js';
import { Random } from '../support/random.js';
import { CTEST_FILES } from '../updates/systems/ctest.js';
import { environment, makeRepository } from '../updates/systems/repositories.js';
import { missing, STAGELOCK } from './programs.js';

let root: string;
let server: Dashboard;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'stagelock-submission-'));
  server = await dashboard();
});

afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without blocking this process, in which the server runs. */
function execute(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: root, env: { ...environment, ...more } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const stagelock = (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Ended> =>
  execute(process.execPath, [STAGELOCK, ...args], more);

const nameOf = ({ parameters: { FileName = '' } }: { parameters: Readonly<Record<string, string>> }): string =>
  FileName.replace(/^.*___XML___/, '');

describe.skipIf(missing('ctest') ?? missing('cc') ?? missing('make'))('where CTest submits', () => {
  test('stagelock sends the same requests for the same build directory', async () => {
    const source = join(root, 'source');
    mkdirSync(source);
    writeFileSync(
      join(source, 'CMakeLists.txt'),
      'cmake_minimum_required(VERSION 3.10)\nproject(x C)\ninclude(CTest)\nadd_executable(a a.c)\nadd_test(NAME a COMMAND a)\n',
    );
    writeFileSync(join(source, 'a.c'), 'int main(void) { return 0; }\n');
    writeFileSync(
      join(source, 'CTestConfig.cmake'),
      `set(CTEST_PROJECT_NAME x)\nset(CTEST_NIGHTLY_START_TIME "01:00:00 UTC")\nset(CTEST_SUBMIT_URL "${server.url}")\n`,
    );
    const build = join(root, 'build');
    await execute('cmake', ['-S', source, '-B', build, '-DBUILDNAME=gcc (x) +&', '-DSITE=a host']);
    const steps = ['Start', 'Configure', 'Build', 'Test', 'Submit'].flatMap((step) => ['-D', `Experimental${step}`]);
    expect(await execute('ctest', ['--test-dir', build, ...steps])).toMatchObject({ code: 0 });
    const byCTest = server.received.splice(0);
    const ours = await stagelock(['--build-dir', build, 'run', '--quiet']);
    expect(ours).toEqual({ code: 0, stdout: '', stderr: '' });

    const comparable = (received: Dashboard['received']) =>
      received.map(({ method, path, parameters: { MD5: _, ...parameters }, contentType }) => ({
        method,
        path,
        contentType,
        parameters: Object.fromEntries(
          Object.entries(parameters).map(([key, value]) => [key, value.replace(/\d{8}-\d{4}/, 'TAG')]),
        ),
      }));
    expect(byCTest.map(nameOf)).toEqual(['Configure.xml', 'Build.xml', 'Test.xml', 'Done.xml']);
    expect(comparable(server.received)).toEqual(comparable(byCTest));
  });

  test('a secondary’s merged Update.xml is where `ctest -T Submit` finds it, also in a continuous build', async () => {
    const { run, repository } = makeProject(
      '',
      `
[builds.two.stages.submit]
command = ["ctest", "-T", "Submit"]
`,
    );
    const toDashboard = `set(CTEST_PROJECT_NAME x)\nset(CTEST_NIGHTLY_START_TIME "01:00:00 UTC")\nset(CTEST_SUBMIT_URL "${server.url}")\n`;
    repository.commit({ log: 'CTest', write: { ...CTEST_FILES, 'CTestConfig.cmake': toDashboard } });
    await run('one');
    await execute('cmake', ['-S', join(root, 'source'), '-B', join(root, 'two')]);
    expect(await run('two')).toEqual(QUIET);
    expect(server.received.map(nameOf)).toEqual(['Update.xml', 'Build.xml', 'Done.xml']);
    expect(server.received[0]?.body).toMatch(/<Update mode="Client" Generator="stagelock-/);
  });
});

/** A primary `one` and a secondary `two` on a real repository; where their reports go is in `[defaults.submit]`. */
function makeProject(submit: string, more = '') {
  mkdirSync(join(root, 'repository'));
  const repository = makeRepository('git', join(root, 'repository'));
  repository.commit({ log: 'first', write: { 'a.c': 'int a;\n' } });
  repository.clone(join(root, 'source'));
  const config = join(root, 'stagelock.toml');
  for (const build of ['one', 'two']) mkdirSync(join(root, build));
  writeFileSync(
    config,
    `[project]
name = "x"
site = "here"
${submit === '' ? '' : `[defaults.submit]\n${submit}\n`}
[defaults.stages.build]
command = ["true"]
[builds.one]
source = "source"
directory = "one"
[builds.one.update]
branch = "main"
[builds.two]
primary = "one"
directory = "two"
${more}`,
  );
  const stagelockRun = (build: string, environment?: NodeJS.ProcessEnv): Promise<Ended> =>
    stagelock(['-c', config, 'run', '--quiet', build], environment);
  return { config, repository, run: stagelockRun };
}

const QUIET = { code: 0, stdout: '', stderr: '' };

describe('the reports of a run', () => {
  test('reach the dashboard, those of a primary and of its secondary, and a run without news sends none', async () => {
    const { run, repository } = makeProject(`url = "${server.url}"`);
    expect(await run('one')).toEqual(QUIET);
    repository.commit({ log: 'second', write: { 'a.c': 'int b;\n' } });
    expect(await run('one')).toEqual(QUIET);
    expect(await run('two')).toEqual(QUIET);
    const sent = server.received.map((report) => `${report.parameters['build']} ${nameOf(report)}`);
    const each = ['Update.xml', 'Build.xml', 'Done.xml'];
    expect(sent).toEqual([...each, ...each].map((name) => `one ${name}`).concat(each.map((name) => `two ${name}`)));
    expect(server.received.at(-1)?.body).toContain('<buildId>4711</buildId>');
    expect(await run('one')).toEqual(QUIET);
    expect(server.received).toHaveLength(9);
    const tag = readFileSync(join(root, 'one', 'Testing', 'TAG'), 'utf8').split('\n')[0] ?? '';
    expect(readFileSync(join(root, 'one', 'Testing', tag, 'Done.xml'), 'utf8')).toBe(server.received[5]?.body);
  });

  test('of a server that is away wait, and a person hears of it; the next run delivers them, though it builds nothing', async () => {
    const { run, config } = makeProject(`url = "${server.url}"\nretries = 1\nretry_delay = 0.01`);
    server.manners.push(refusing(500), refusing(500));
    const { code, stderr } = await run('one');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^stagelock: one: submit: Update\.xml of \d{8}-\d{4}-Continuous: http:\/\/127[^ ]*: answers 500\n {2}1 submission \(\d\.\d MB\) waiting for delivery in .*\/one\/Testing\/Spool, the oldest since \S+ \S+ \S+; later runs retry\n$/,
    );
    expect((await stagelock(['-c', config, 'status'])).stdout).toMatch(/\n {2}reports: 1 submission /);
    // It is not due yet, and so costs the next run nothing and is no news.
    expect(await run('one')).toEqual(QUIET);
    expect(server.answers).toHaveLength(2);
    const [waiting] = readSpool(join(root, 'one/Testing/Spool')).submissions;
    const facts = join(waiting?.path ?? '', 'submission.json');
    writeFileSync(facts, readFileSync(facts, 'utf8').replace(/"tried": "\d{4}/, '"tried": "2002'));
    // Its name says so, too.
    const path = waiting?.path ?? '';
    renameSync(path, path.replace(/(?<=@\d+\.)\d{4}/, '2002'));
    const over = expect.stringMatching(
      /^stagelock: one: the reports are delivered\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/,
    );
    expect(await run('one')).toEqual({ ...QUIET, stderr: over });
    expect(server.received.map(nameOf)).toEqual(['Update.xml', 'Build.xml', 'Done.xml']);
    expect((await stagelock(['-c', config, 'status'])).stdout).not.toMatch(/reports/);
  });

  test('are sent on request, when a person has mended what was wrong', async () => {
    const { run, config } = makeProject(`url = "${server.url}"\ntoken_file = "token"`);
    const first = await run('one');
    expect(first.stderr).toContain(`the token is missing: there is no ${root}/token`);
    writeFileSync(join(root, 'token'), 'secret-7f3a\n', { mode: 0o600 });
    server.manners.push(refusing(401));
    expect(await stagelock(['-c', config, 'submit'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('answers 401; is the token right'),
    });
    expect(await stagelock(['-c', config, 'submit', 'one'])).toEqual({
      code: 0,
      stdout: 'one: submitted 3 reports\n',
      stderr: '',
    });
    expect(server.received[0]?.authorization).toBe('Bearer secret-7f3a');
    expect((await stagelock(['-c', config, 'submit'])).stdout).toMatch(
      /^one: no reports are waiting in .*\ntwo: no reports are waiting/,
    );
    const { stdout } = await new Promise<Ended>((resolve) => {
      execFile('grep', ['-r', 'secret-7f3a', join(root, 'one')], (_, stdout, stderr) =>
        resolve({ code: 0, stdout, stderr }),
      );
    });
    expect(stdout).toBe('');
  });

  test('go into a drop box, of a failed build too', async () => {
    mkdirSync(join(root, 'box'));
    const { run } = makeProject(
      'type = "directory"\ndirectory = "box"',
      '[builds.two.stages.build]\ncommand = ["false"]',
    );
    expect(await run('one')).toEqual(QUIET);
    expect((await run('two')).code).toBe(1);
    const names = readdirSync(join(root, 'box')).map((name) => name.replace(/\d{8}-\d{4}/, 'TAG'));
    expect(names.sort()).toEqual(
      ['one', 'two'].flatMap((build) =>
        ['Build', 'Done', 'Update'].map((part) => `here___${build}___TAG-Continuous___XML___${part}.xml`),
      ),
    );
  });

  test('of a build that was stopped in its middle are not sent', async () => {
    const { config } = makeProject(`url = "${server.url}"`, '[builds.one.stages.build]\ncommand = ["sleep", "60"]');
    const child = spawn(process.execPath, [STAGELOCK, '-c', config, 'run', 'one'], { env: environment });
    while (!existsSync(join(root, 'one/Testing/Temporary/build'))) await sleep(20);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(server.answers).toEqual([]);
    expect(existsSync(join(root, 'one/Testing/Spool'))).toBe(false);
  });
});

describe('whatever happens to the processes and the connections', () => {
  test('every report arrives, in order, and what arrives twice is the same to the byte', async () => {
    const { config } = makeProject(`url = "${server.url}"\nretries = 2\nretry_delay = 0.01`);
    const spool = join(root, 'one', 'Testing', 'Spool');
    const reports = join(root, 'reports');
    mkdirSync(reports);
    const wanted: string[] = [];
    for (let run = 10; run < 40; run++) {
      const stamp = `20020131-11${run}-Continuous`;
      const files = ['Update.xml', 'Build.xml', 'Test.xml'].map((name) => {
        const path = join(reports, `${run}`, name);
        mkdirSync(join(reports, `${run}`), { recursive: true });
        writeFileSync(path, `<${name}>${run}</${name}>`.padEnd(run * 1000));
        return path;
      });
      wanted.push(...['Update.xml', 'Build.xml', 'Test.xml', 'Done.xml'].map((name) => `${stamp} ${name}`));
      addSubmission(
        spool,
        { site: 'here', build: 'one', stamp, since: new Date().toISOString(), tries: 0, refusals: 0 },
        files,
      );
    }
    const random = new Random(2002);
    const fate = (): void => {
      const roll = random.below(100);
      server.manners.push((answer, report, accept) => {
        fate();
        if (roll < 8) refusing(500)(answer, report, accept);
        else if (roll < 16) losingTheAnswer(answer, report, accept);
        else if (roll < 24) answer.socket?.destroy();
        else setTimeout(accept, roll % 7);
      });
    };
    fate();
    let killed = 0;
    for (let tries = 0; readSpool(spool).submissions.length > 0 && tries < 300; tries++) {
      const child = spawn(process.execPath, [STAGELOCK, '-c', config, 'submit', 'one'], {
        env: environment,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
      // Soon enough for a fast machine to be killed often; on a slow one those after the first forty come to an end.
      const timer = setTimeout(() => child.kill('SIGKILL'), tries < 40 ? 120 + random.below(200) : 30_000);
      if ((await ended) === 'SIGKILL') killed++;
      clearTimeout(timer);
    }
    expect(killed).toBeGreaterThan(3);
    const arrived = server.received.map((report) => ({
      name: `${report.parameters['stamp']} ${nameOf(report)}`,
      md5: report.parameters['MD5'],
    }));
    const once = arrived.filter(({ name }, index) => name !== arrived[index - 1]?.name);
    expect(once.map(({ name }) => name)).toEqual(wanted);
    expect(new Set(arrived.map(({ name, md5 }) => `${name} ${md5}`)).size).toBe(wanted.length);
  }, 180_000);
});
