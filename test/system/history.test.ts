import { spawnSync } from 'node:child_process';
import { appendFileSync, linkSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../updates/repository.js';
import { environment, makeRepository } from '../updates/systems/repositories.js';
import { STAGELOCK } from './programs.js';

/** A primary and two secondaries on one checkout by git. */
function project() {
  const root = temporaryDirectory();
  const repository = makeRepository('git', root);
  repository.commit({ log: 'one', write: { a: '1\n' } });
  repository.clone(join(root, 'source'));
  const config = join(root, 'stagelock.toml');
  writeFileSync(
    config,
    `[project]
name = "x"
[defaults]
source = "source"
[defaults.stages.build]
shell = '! test -e ../broken'
[builds.main]
directory = "main"
update = { branch = "main" }
[builds.s1]
directory = "s1"
primary = "main"
[builds.s2]
directory = "s2"
primary = "main"
`,
  );
  const stagelock = (...args: string[]) => {
    const run = spawnSync(process.execPath, [STAGELOCK, '-c', config, ...args], { env: environment, encoding: 'utf8' });
    return { status: run.status, stdout: run.stdout, stderr: run.stderr };
  };
  const commit = (n: number, author = 'Ann <ann@example.org>') =>
    repository.commit({ author, log: `change ${n}`, write: { [`f${n}`]: `${n}\n` } });
  return { root, stagelock, commit, history: join(root, 'main', 'Testing', 'History.jsonl') };
}

test('who has built which updates is told, also of a build that is not configured any more', () => {
  const { root, stagelock, commit } = project();
  expect(stagelock('updates')).toEqual({
    status: 0,
    stdout: `main: no updates yet in ${root}/main/Testing/Updates\n`,
    stderr: '',
  });
  for (const build of ['main', 's1']) stagelock('run', build);
  commit(2);
  commit(3, 'Zoë\x1b[31m <z@example.org>');
  stagelock('run', 'main');
  commit(4);
  stagelock('run', 'main');
  writeFileSync(join(root, 'main/Testing/Updates/cursors/old.json'), '{"format":1,"record":1,"completed":true}');
  const { stdout, status } = stagelock('updates', 's1');
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe(`main: 3 records in ${root}/main/Testing/Updates`);
  expect(lines[1]).toMatch(/^ {7}1 {2}\S+ \S+ UTC {2}git [0-9a-f]{12} {2}no commits$/);
  expect(lines[2]).toMatch(/ 2 {2}.* 2 commits, 2 files, by Ann, Zoë\\x1b\[31m$/);
  expect(lines.slice(4)).toEqual([
    '  main has built all of them',
    '  s1 has built up to 1, and still has to build 2 to 3',
    '  s2 has not run yet; it starts from the current revision',
    '  old has built up to 1, and still has to build 2 to 3, which is no longer in the configuration; its cursor can be removed',
  ]);
  const json = JSON.parse(stagelock('updates', '--json', '-n', '1').stdout);
  expect(json.primaries[0].records).toHaveLength(1);
  expect(json.primaries[0].builds[1]).toMatchObject({ build: 's1', record: 1, pending: 2 });
  expect(stagelock('updates', '-n', 'x')).toMatchObject({
    status: 2,
    stderr: 'stagelock: --count x is not a number of updates\n',
  });
});

test('a torn record is told, and is no reason to hide the others', () => {
  const { root, stagelock, commit } = project();
  stagelock('run', 'main');
  commit(2);
  stagelock('run', 'main');
  truncateSync(join(root, 'main/Testing/Updates/00000002.json'), 40);
  const { stdout, status } = stagelock('updates');
  expect(status).toBe(70);
  expect(stdout).toContain('00000002.json holds no whole update record');
  expect(stdout).toMatch(/ 1 {2}.*no commits/);
});

test('past runs are told with what they built and what came of it', () => {
  const { root, stagelock, commit, history } = project();
  expect(stagelock('log', 'main').stdout).toBe('main has not built anything yet\n');
  stagelock('run', 'main');
  stagelock('run', 'main'); // without news: not worth a line
  commit(2);
  writeFileSync(join(root, 'broken'), '');
  expect(stagelock('run', 'main').status).toBe(1);
  const { stdout } = stagelock('log', 'main');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^\d{8}-\d{4}-Continuous {2}\d{4}-\d\d-\d\d \d\d:\d\d \S+ {2}done .*; build \S+ m?s$/);
  expect(lines[1]).toMatch(/ stage-failed .* 1 commit; build failed \S+ m?s$/);
  const runs = stagelock('log', 'main', '--json', '-n', '1').stdout.trimEnd().split('\n');
  expect(runs.map((line) => JSON.parse(line))).toMatchObject([{ result: 'stage-failed', update: { records: [2] } }]);

  // Killed in the middle of writing, or before its end.
  truncateSync(history, readFileSync(history).length - 20);
  appendFileSync(history, '{"run":"x","begun":"2026-11-24T10:00:00Z","stamp":"20261124-1000-Continuous"}');
  const torn = stagelock('log', 'main');
  expect(torn.stderr).toContain(`${history}: 1 incomplete lines were skipped`);
  rmSync(join(root, 'broken'));
  commit(3);
  expect(stagelock('run', 'main').status).toBe(0);
  const after = stagelock('log', 'main').stdout.trimEnd().split('\n');
  expect(after.at(-1)).toMatch(/ done .* commits?; build/);
});

test('the history is JSON Lines: each line is a record', () => {
  const { stagelock, history } = project();
  stagelock('run', 'main');
  const lines = readFileSync(history, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => typeof JSON.parse(line).run)).toEqual(['string', 'string']);
});

test('a history and a log with a second name, of a backup or of another user, are left unchanged', () => {
  const { root, stagelock, commit, history } = project();
  stagelock('run', 'main');
  const before = readFileSync(history, 'utf8');
  linkSync(history, join(root, 'backup'));
  commit(2);
  expect(stagelock('run', 'main')).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(root, 'backup'), 'utf8')).toBe(before);
  const after = readFileSync(history, 'utf8');
  expect(after.startsWith(before)).toBe(true);
  expect(after.length).toBeGreaterThan(before.length);
});

test('a history that cannot be written is told, and is not worth a build', () => {
  const { root, stagelock, history } = project();
  stagelock('run', 'main');
  rmSync(history);
  symlinkSync(join(root, 'elsewhere'), history);
  const run = stagelock('run', 's1');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  rmSync(join(root, 'main/Testing/Updates/cursors/main.json'));
  const again = stagelock('run', 'main');
  expect(again.status).toBe(0);
  expect(again.stderr).toMatch(/^stagelock: main: \S+History.jsonl: a symbolic link is in the way.*\n +mv -T -- .*\n$/);
});
