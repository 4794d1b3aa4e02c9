import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseProject } from '../../src/config/load.js';
import type { Project } from '../../src/config/project.js';
import { cronMailNotes } from '../../src/scheduler/cron-mail.js';
import { pathUnderCron } from '../../src/scheduler/cron-path.js';
import { remoteProblems } from '../../src/updates/remote-problems.js';
import { noOtherUser } from '../support/other-user.js';
import { repositoryAt, temporaryDirectory } from '../updates/repository.js';
import { environment, makeRepository } from '../updates/systems/repositories.js';
import { missing, STAGELOCK } from './programs.js';

/** A project whose primary `gcc` is updated by git, in whose configuration something may be otherwise. */
function project() {
  const root = temporaryDirectory();
  const repository = makeRepository('git', root);
  repository.commit({ log: 'one', write: { a: '1\n' } });
  const source = join(root, 'source');
  repository.clone(source);
  const config = join(root, 'stagelock.toml');
  const branch = repositoryAt(source).git('branch', '--show-current');
  const lines = {
    source: 'source = "source"',
    directory: 'directory = "build/gcc"',
    more: '',
    update: `update = { type = "git", branch = "${branch}" }`,
    stages: 'stages.build = { command = ["make"] }',
    end: '',
  };
  const check = (changed: Partial<typeof lines> = {}, ...options: string[]) => {
    const { end, ...build } = { ...lines, ...changed };
    writeFileSync(config, `[project]\nname = "x"\n[builds.gcc]\n${Object.values(build).join('\n')}\n${end}\n`);
    const ran = spawnSync(process.execPath, [STAGELOCK, '-c', config, 'check', ...options], {
      env: environment,
      encoding: 'utf8',
    });
    return { status: ran.status, said: (ran.status === 0 ? ran.stdout : ran.stderr).replaceAll(root, 'ROOT') };
  };
  return { root, source, config, check };
}

test('check is content with a project that can be built', () => {
  expect(project().check()).toMatchObject({ status: 0, said: 'ROOT/stagelock.toml: good; gcc (primary)\n' });
});

test('check sees that the source is missing or a file, and a run blames no program for that', () => {
  const { root, source, config, check } = project();
  renameSync(source, `${source}-elsewhere`);
  const message = 'ROOT/stagelock.toml: builds.gcc.source: there is no source at ROOT/source; check it out\n';
  expect(check()).toEqual({ status: 2, said: message });
  const run = spawnSync(process.execPath, [STAGELOCK, '-c', config, 'run', 'gcc'], {
    env: environment,
    encoding: 'utf8',
  });
  expect(run.status).not.toBe(0);
  expect(run.stderr).not.toContain('cannot start git');
  expect(run.stderr).toMatch(/no (such )?(directory|source)/);
  writeFileSync(join(root, 'source'), '');
  expect(check()).toMatchObject({
    status: 2,
    said: expect.stringContaining('the source ROOT/source is not a directory'),
  });
});

test('a source that may not be entered is told by check, and fails a run without leaving its locks', ({ skip }) => {
  const reason = noOtherUser;
  skip(reason !== undefined, reason);
  const { root, config, source, check } = project();
  const as = (...args: string[]) => {
    const other = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, STAGELOCK, '-c', config];
    return spawnSync('setpriv', [...other, ...args], { env: { ...environment, HOME: root }, encoding: 'utf8' });
  };
  mkdirSync(join(root, 'closed'));
  mkdirSync(join(root, 'build/gcc'), { recursive: true });
  for (const name of ['build', 'build/gcc']) chownSync(join(root, name), 65534, 65534);
  chmodSync(root, 0o755);
  for (const closed of [source, join(root, 'closed/source')]) {
    if (closed !== source) renameSync(source, closed);
    chmodSync(closed === source ? source : join(root, 'closed'), 0o700);
    expect(check({ source: `source = "${closed}"` }).status).toBe(0);
    expect(as('check', '--offline')).toMatchObject({
      status: 2,
      stderr: `${config}: builds.gcc.source: there is no permission to enter the source ${closed}\n`,
    });
    for (let count = 0; count < 2; count++) {
      const ran = as('run', 'gcc', '--every-warning');
      expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining(`no permission to enter ${closed}`) });
    }
  }
});

test('check sees a build directory that is a file, the source, or around it, also by a link', () => {
  const { root, check } = project();
  const said = (directory: string) => check({ directory: `directory = "${directory}"` });
  expect(said('source')).toMatchObject({
    status: 2,
    said: expect.stringContaining('builds.gcc.directory: the build directory is the source ROOT/source'),
  });
  symlinkSync('source', join(root, 'link'));
  expect(said('link').said).toContain('the build directory is the source');
  expect(said('.').said).toContain('the build directory ROOT contains the source ROOT/source');
  writeFileSync(join(root, 'file'), '');
  expect(said('file').said).toContain('the build directory ROOT/file is a file');
  // Below the source is where many builds are, and beside it those whose names only begin alike.
  expect(said('source/build').status).toBe(0);
  expect(said('sourc').status).toBe(0);
});

test('check sees a program that cron will not find', () => {
  const { check } = project();
  const stages = (command: string) => check({ stages: `stages.build = { ${command} }` });
  expect(stages('command = ["no-such-make", "all"]').said).toMatch(
    /^ROOT\/stagelock\.toml: builds\.gcc\.stages\.build\.command: no program no-such-make is in the PATH that cron gives it: .*\/bin/,
  );
  expect(stages('command = ["/opt/none/bin/cmake"]').said).toContain('there is no program /opt/none/bin/cmake');
  expect(stages('command = ["./configure"]').status).toBe(0);
  expect(stages('command = ["make"], environment = { PATH = "/nowhere" }').said).toContain(
    'that cron gives it: /nowhere',
  );
});

test('the PATH of cron is the one above its line, or what would be installed', () => {
  const file = '/home/ci/stagelock.toml';
  const line = `*/5 * * * * stagelock -c ${file} run gcc`;
  expect(pathUnderCron('', file, '/ours')).toBe('/ours');
  expect(pathUnderCron('* * * * * other\n', file, '/ours')).toBe('/ours');
  expect(pathUnderCron(`${line}\n`, file, '/ours')).toBe('/usr/bin:/bin');
  expect(pathUnderCron(`# ${line}\nPATH = "/a:/b"\n${line}\nPATH=/c\n`, file, '/ours')).toBe('/a:/b');
});

test('check sees a branch that the remote does not have, and a remote that does not answer; --offline asks no repository', () => {
  const { root, check } = project();
  const other = { update: 'update = { type = "git", branch = "nope" }' };
  expect(check(other)).toEqual({
    status: 2,
    said: 'ROOT/stagelock.toml: builds.gcc: gcc follows the branch nope, which origin does not have\n',
  });
  expect(check(other, '--offline').status).toBe(0);
  const source = join(root, 'source');
  repositoryAt(source).git('remote', 'set-url', 'origin', join(root, 'gone.git'));
  expect(check().said).toMatch(
    /^ROOT\/stagelock\.toml: builds\.gcc: gcc cannot be updated: the remote origin of ROOT\/source does not answer: .*gone\.git/,
  );
  expect(check({}, '--offline').status).toBe(0);
});

test('a remote that says nothing is given up after a while', async () => {
  const { source, root, check } = project();
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  repositoryAt(source).git('remote', 'set-url', 'origin', `git://127.0.0.1:${port}/x`);
  check({}, '--offline');
  const text = `[project]\nname = "x"\n[builds.gcc]\nsource = "source"\ndirectory = "b"\nupdate = { branch = "main" }\n`;
  const loaded = parseProject(text, join(root, 'stagelock.toml'), { hostname: 'here' });
  if (loaded.kind !== 'loaded') throw new Error('the configuration is wrong');
  expect(await remoteProblems(loaded.project, 500)).toMatchObject([
    {
      message: `gcc cannot be updated: the remote origin of ${source} did not answer within 0.5 s; to leave this out: check --offline`,
    },
  ]);
});

test.each(['svn', 'hg'] as const)('check asks %s, too', (system) => {
  if (missing(system) !== undefined) return;
  const root = temporaryDirectory();
  const repository = makeRepository(system, root);
  repository.commit({ log: 'one', write: { a: '1\n' } });
  repository.clone(join(root, 'source'));
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]\nname = "x"\n[builds.one]\nsource = "source"\ndirectory = "b"\nupdate = { type = "${system}" }\n`,
  );
  const check = () =>
    spawnSync(process.execPath, [STAGELOCK, '-c', config, 'check'], { env: environment, encoding: 'utf8' });
  expect(check()).toMatchObject({ status: 0, stderr: '' });
  repository.vanish();
  expect(check()).toMatchObject({ status: 2, stderr: expect.stringContaining('one cannot be updated: the ') });
});

test('check sees that nothing takes the mails that are asked for', () => {
  const { root, check } = project();
  const mail = (sendmail: string) => check({ end: `[mail]\nto = ["a@example.org"]\nsendmail = "${sendmail}"` });
  expect(mail(`${root}/sendmail`)).toMatchObject({
    status: 2,
    said: expect.stringContaining('mail.sendmail: there is no ROOT/sendmail to hand mails to'),
  });
  mkdirSync(join(root, 'sendmail'));
  expect(mail(`${root}/sendmail`).status).toBe(2);
  rmSync(join(root, 'sendmail'), { recursive: true });
  writeFileSync(join(root, 'sendmail'), '#!/bin/sh\ncat >/dev/null\n', { mode: 0o755 });
  expect(mail(`${root}/sendmail`).status).toBe(0);
});

test('check says that no one gets what cron would mail', () => {
  const file = '/home/ci/stagelock.toml';
  const line = `*/5 * * * * stagelock -c ${file} run gcc\n`;
  const quiet = { file, mail: undefined } as unknown as Project;
  expect(cronMailNotes(quiet, line, true)).toEqual([]);
  expect(cronMailNotes(quiet, line, false)).toEqual([expect.stringContaining('there is no /usr/sbin/sendmail')]);
  expect(cronMailNotes(quiet, '* * * * * other\n', false)).toEqual([]);
  expect(cronMailNotes(quiet, `MAILTO=""\n${line}`, true)).toEqual([expect.stringContaining('MAILTO is empty')]);
  expect(cronMailNotes(quiet, `MAILTO=\nMAILTO=ann\n${line}MAILTO=\n`, true)).toEqual([]);
  expect(cronMailNotes({ ...quiet, mail: {} } as unknown as Project, `MAILTO=\n${line}`, false)).toEqual([]);
});

test('check takes the names that cron has for schedules, and sees one that never comes', () => {
  const { check } = project();
  expect(check({ more: 'schedule = "@daily"' }).status).toBe(0);
  expect(check({ more: 'schedule = "0 3 30 2 *"' })).toMatchObject({
    status: 2,
    said: expect.stringContaining('which never occurs'),
  });
});

test('a configuration with thousands of mistakes: the first ones are told, and how many more there are', () => {
  const config = join(temporaryDirectory(), 'stagelock.toml');
  const build = (n: number): string => `[builds.b${n}]
${n === 0 ? 'source = "."' : 'primary = "b0"'}
directory = "d${n}"
stages.build = { command = 3 }
`;
  writeFileSync(config, `[project]\nname = "x"\n${Array.from({ length: 2000 }, (_, n) => build(n)).join('')}`);
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [STAGELOCK, '-c', config, ...args], { env: environment, encoding: 'utf8' });
  const checked = run('check');
  expect(checked.status).toBe(2);
  const lines = checked.stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(51);
  expect(lines[49]).toContain('builds.b49.stages.build.command');
  expect(lines[50]).toBe('and 1950 more problems; all of them: check --json');
  expect(JSON.parse(run('check', '--json').stdout).problems).toHaveLength(2000);
  const status = run('status');
  expect(status.stderr).toContain('the configuration has 2000 problems:');
  expect(status.stderr.split('\n').length).toBeLessThan(60);
});

test('without a crontab program check reports nothing of crontabs', () => {
  const { root, check } = project();
  mkdirSync(join(root, 'bin'));
  for (const tool of ['git', 'make']) {
    const [path = ''] = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.split('\n');
    symlinkSync(path, join(root, 'bin', tool));
  }
  expect(check({}, '--offline').said).toBe('ROOT/stagelock.toml: good; gcc (primary)\n');
  const before = environment['PATH'];
  environment['PATH'] = join(root, 'bin');
  try {
    expect(check({}, '--offline')).toEqual({ status: 0, said: 'ROOT/stagelock.toml: good; gcc (primary)\n' });
  } finally {
    environment['PATH'] = before;
  }
});
