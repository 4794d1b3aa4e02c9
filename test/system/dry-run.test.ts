import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { journalDirectory } from '../../src/updates/journal.js';
import { writeMark } from '../../src/updates/move-mark.js';
import { treeOf } from '../support/tree-of.js';
import type { World } from '../support/world.js';
import { type Ended, type Start, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A dry run that has changed nothing below the world. */
async function dryRun(world: World, args: readonly string[], options: Start = {}): Promise<Ended> {
  const before = treeOf(world.root);
  const ended = await stagelock(world, ['run', '--dry-run', ...args], options);
  expect(treeOf(world.root)).toEqual(before);
  return ended;
}

test('a primary that has never run: everything is told, and not even its directory is made', async () => {
  const world = worlds.make({ defaults: 'environment = { COLOUR = "blue \\u001b[31m" }' });
  const { code, stdout, stderr } = await dryRun(world, ['main']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const head = execFileSync('git', ['-C', world.source, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 12);
  for (const line of [
    'lock: free',
    `source: ${world.source}, git, at ${head}`,
    '  no update is recorded yet',
    `update: the branch main of origin is at ${head}, which the source has`,
    'pending: it has not run yet, and starts from the current revision',
    'build: yes, these stages:',
    `  build: bear-witness 'eval "$WORK"'`,
    `    in ${world.root}/main`,
    '    limit 4 h, then SIGTERM and after 1 s SIGKILL; duration unknown, it has not passed yet',
    '    COLOUR=blue \\x1b[31m',
    `    STAGELOCK_SOURCE=${world.source}`,
    '  submitted nowhere',
    `output: cron and schedulers append progress to ${world.root}/main.log`,
  ])
    expect(stdout.split('\n')).toContain(line);
  expect(stdout).toMatch(/^ {4}log: .*\/main\/Testing\/Temporary\/LastBuild_\d{8}-\d{4}\.log$/m);
  expect(stdout).toMatch(/^reports: Update\.xml, Build\.xml in .*\/main\/Testing\/\d{8}-\d{4}$/m);
});

test('of a primary the news of its remote, and how long its stages usually take', async () => {
  const world = await worlds.built();
  const quiet = await dryRun(world, ['main']);
  expect(quiet.stdout).toContain('\npending: no recorded update\nbuild: no, there is no news');
  expect(quiet.stdout).toMatch(/; usually \d+(\.\d)? m?s$/m);
  expect((await dryRun(world, ['main', '--force'])).stdout).toContain('\nbuild: yes, these stages:\n');
  expect((await dryRun(world, ['main', '-M', 'Experimental'])).stdout).toContain('STAGELOCK_MODEL=Experimental\n');
  world.commit(1);
  const news = await dryRun(world, ['main']);
  expect(news.code).toBe(0);
  expect(news.stdout).toMatch(
    /^update: the branch main of origin is at [0-9a-f]{12}, and the source would be moved to it$/m,
  );
  expect(news.stdout).toContain('\nbuild: yes, these stages:\n');
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0 });
  expect((await dryRun(world, ['main'])).stdout).toContain('\nbuild: no, there is no news');
});

test('of a secondary the updates after its cursor', async () => {
  const world = await worlds.built();
  expect((await dryRun(world, ['s1'])).stdout).toContain('\npending: it has not run yet');
  expect(await stagelock(world, ['run', 's1'])).toMatchObject({ code: 0 });
  expect((await dryRun(world, ['s1'])).stdout).toContain('\nbuild: no, there is no news');
  world.commit(2);
  expect((await dryRun(world, ['s1'])).stdout).toContain('\nbuild: no, there is no news');
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0 });
  const { code, stdout } = await dryRun(world, ['s1']);
  expect(code).toBe(0);
  expect(stdout).toContain('\npending: 1 recorded update (2) with 2 commits\n');
  expect(stdout).toMatch(/^ {2}[0-9a-f]{12} T: commit 3$/m);
  expect(stdout).toContain('\nbuild: yes, these stages:\n');
});

test('who holds the lock: a living run, one that has died, another build', async () => {
  const world = await worlds.built();
  world.commit(1);
  const running = await worlds.building(world, 'main');
  const held = await dryRun(world, ['main']);
  expect(held.code).toBe(0);
  expect(held.stdout).toMatch(
    /^lock: held, so the run would not begin:\n {2}\S+\/running: run of main, held by pid \d+/m,
  );
  expect(held.stdout).toContain('\nbuild: no, the run would end before it\n');
  running.kill('SIGKILL');
  await running.ended;
  worlds.finish(world);
  await worlds.idle(world);
  const dead = await dryRun(world, ['main']);
  expect(dead.stdout).toMatch(/\/running: run of main, .*dead/);
  expect(await stagelock(world, ['unlock', '--yes', 'main'])).toMatchObject({ code: 0 });
  expect((await dryRun(world, ['main'])).stdout).toContain('\nlock: free\n');
});

test('a primary would not update while a secondary builds, and a secondary waits for an update', async () => {
  const world = await worlds.built();
  const secondary = await worlds.building(world, 's1');
  const abort = await stagelock(world, ['run', '--dry-run', 'main']);
  expect(abort.stdout).toMatch(
    /^lock: free, but secondaries build, so the run would end without an update:\n.*running\.s1: run of s1/m,
  );
  worlds.finish(world);
  await secondary.ended;
  const updating = await worlds.built();
  const primary = await worlds.updating(updating);
  const waits = await stagelock(updating, ['run', '--dry-run', 's1']);
  expect(waits.stdout).toMatch(
    /^lock: free, but main updates the source, and the run would wait at most 30 min:\n.*\/update: stage update of main/m,
  );
  expect(waits.stdout).toContain('\nbuild: after the wait, if there is news then\n');
  worlds.finish(updating);
  await primary.ended;
});

test('the mark of an update that broke off: the primary would repair, the secondary would wait', async () => {
  const world = await worlds.built();
  const journal = journalDirectory(world.build('main').directory);
  const run = { run: 'x', host: 'elsewhere', user: 'carl\u001b[31m', buildstamp: '20020131-2100-Continuous' };
  const when = { since: '2002-01-31T21:00:00.000Z', logFile: '/nowhere' };
  writeMark(journal, { format: 1, from: 'a'.repeat(40), to: 'b\u001b[31m', local: [], ...run, ...when });
  const primary = await dryRun(world, ['main']);
  expect(primary).toMatchObject({ code: 0, stderr: '' });
  expect(primary.stdout).toContain('to b\\x1b[31m was interrupted; the run would repair it first\n');
  const secondary = await dryRun(world, ['s1']);
  expect(secondary.stdout).toContain('was interrupted; the run would wait until main has repaired it\n');
  expect(secondary.stdout).toContain('\nbuild: after the wait, if there is news then\n');
  writeFileSync(join(journal, 'moving.json'), 'garbage');
  expect((await dryRun(world, ['main'])).stdout).toContain('moving.json, which is not the mark of an update');
});

test('what a check would find ends it as check ends, and nothing changes either', async () => {
  const world = await worlds.built();
  const good = readFileSync(world.configFile, 'utf8');
  renameSync(join(world.root, 'upstream.git'), join(world.root, 'away'));
  const silent = await dryRun(world, ['main']);
  expect(silent).toMatchObject({ code: 2, stderr: expect.stringContaining('does not answer') });
  expect(await dryRun(world, ['s1'])).toMatchObject({ code: 0 });
  renameSync(world.source, `${world.source}-away`);
  const gone = await dryRun(world, ['main']);
  expect(gone).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no source at') });
  writeFileSync(world.configFile, good.replace('grace = "1 s"', 'grace = "soon"'));
  const broken = await dryRun(world, ['main']);
  expect(broken).toMatchObject({ code: 2, stdout: '' });
  expect(broken.stderr).toContain('defaults.grace: found "soon"');
});

test('a journal that ends before a cursor, and a cursor that is none', async () => {
  const world = await worlds.built();
  const cursor = join(journalDirectory(world.build('main').directory), 'cursors', 'main.json');
  writeFileSync(cursor, '{"format":1,"record":9,"completed":true}');
  const ahead = await dryRun(world, ['main']);
  expect(ahead).toMatchObject({ code: 2, stderr: expect.stringContaining('the journal of updates ends at record 1') });
  writeFileSync(cursor, 'garbage');
  expect(await dryRun(world, ['main'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not a valid cursor'),
  });
});

test('no secret is shown, and of what the configuration does not set only the name', async () => {
  const world = worlds.make({
    defaults: `environment = { API_TOKEN = "hidden-1", PLAIN = "visible", SECOND = "hidden-2" }
[defaults.submit]
url = "https://ann:hidden-3@cdash.invalid/submit.php?project=x"
token_variable = "SECOND"`,
  });
  writeFileSync(
    world.configFile,
    `${readFileSync(world.configFile, 'utf8')}\n[mail]\nto = ["team@example.org"]\nauthors = true\nmonitors = ["m@example.org"]\ntransport = "smtp"\nhost = "smtp.invalid"\nuser = "u"\npassword_variable = "THIRD"\n`,
  );
  const secrets = { SECOND: 'hidden-4', THIRD: 'hidden-5', INHERITED: 'hidden-6' };
  const { stdout, stderr } = await dryRun(world, ['main'], { environment: secrets });
  expect(`${stdout}${stderr}`).not.toContain('hidden-');
  expect(stdout).toContain('    PLAIN=visible\n');
  expect(stdout).toContain('    API_TOKEN=(not shown)\n');
  expect(stdout).toContain('    SECOND=(not shown)\n');
  expect(stdout).toMatch(/^ {4}.*\bINHERITED\b/m);
  expect(stdout).toContain('  but not: SECOND THIRD\n');
  expect(stdout).toContain('  submitted to https://cdash.invalid/submit.php?project=x\n');
  expect(stdout).toContain('mails: errors to team@example.org by smtp.invalid:587');
  expect(stdout).toContain('of what is pending now: m@example.org\n');
});
