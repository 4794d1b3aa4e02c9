import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { pastOf } from '../../src/stages/build-past.js';
import { historyFile } from '../../src/stages/history.js';
import { temporaryDirectory } from '../updates/repository.js';
import { stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** What `status` says of a build, times left out. */
async function saidOf(world: Parameters<typeof stagelock>[0], build: string): Promise<string> {
  const { code, stdout, stderr } = await stagelock(world, ['status', build]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .replaceAll(/\d+(\.\d+)? (ms|s|min)( \d+ s)?/g, 'T')
    .replaceAll(/\d{8}-\d{4}/g, 'TAG')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d [^\s)]+/g, 'WHEN')
    .replaceAll(/pid \d+ of \S+ on \S+/g, 'pid PID of U on H');
}

describe('the status of a build', () => {
  test('says how its last run ended, when the last one passed, what it does for how long, what it owes', async () => {
    const world = worlds.make();
    appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
    expect(await saidOf(world, 'main')).toBe('main (primary): idle, has not built anything yet\n');
    for (const build of ['main', 's1']) expect((await stagelock(world, ['run', build])).code).toBe(0);
    expect(await saidOf(world, 'main')).toBe('main (primary): idle\n  last run: passed T ago (TAG-Continuous, WHEN)\n');
    world.commit(1);
    await stagelock(world, ['run', 'main'], { environment: { CHECK: 'exit 3' } });
    expect(await saidOf(world, 'main')).toBe(
      `main (primary): idle
  last run: check failed with exit code 3 after T, T ago (TAG-Continuous, WHEN)
  last passed: T ago (TAG-Continuous, WHEN)
`,
    );
    expect(await saidOf(world, 's1')).toContain('  has yet to build 1 update\n');

    world.commit(1);
    const run = await worlds.building(world, 'main');
    expect(await saidOf(world, 'main')).toMatch(/^main \(primary\): running: build for T of about T\n {2}last run: /);
    const json = JSON.parse((await stagelock(world, ['status', 's1', '--json'])).stdout);
    expect(json.builds[0]).toMatchObject({ owes: 2, past: { last: { result: 'done' }, passed: { exitCode: 0 } } });
    worlds.finish(world);
    await run.ended;
  });

  test('says for whom it waits and since when', async () => {
    const world = await worlds.built();
    const update = await worlds.updating(world);
    const secondary = start(world, ['run', 's1']);
    await secondary.untilOutput(/waiting for /);
    expect(await saidOf(world, 's1')).toMatch(
      /^s1 \(secondary\): waiting\n[\s\S]* {2}waits for \S+\/main\/Testing\/Temporary\/update: main, held by pid PID of U on H \(running for T\)\n/,
    );
    await sleep(1100);
    worlds.finish(world);
    await Promise.all([update.ended, secondary.ended]);
    const { stdout } = await stagelock(world, ['log', 's1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      waits: [{ lock: 'update', build: 'main' }],
      stages: [{ name: 'build' }],
    });
    expect((await stagelock(world, ['log', 's1'])).stdout).toMatch(/; waited \d+(\.\d+)? s for update of main; /);
    const contention = await stagelock(world, ['contention', '--builds']);
    expect(contention.stdout).toMatch(/^3 runs in the last 21 d: waited .*\n\n[\s\S]*\bs1 +update +main$/m);
    expect((await stagelock(world, ['contention'])).code).toBe(2);
  });

  test('a primary that was skipped says for which secondaries', async () => {
    const world = await worlds.built();
    const secondary = await worlds.building(world, 's1');
    expect((await stagelock(world, ['run', 'main'])).code).toBe(75);
    const { stdout } = await stagelock(world, ['log', 'main', '--json', '--count', '1']);
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'secondaries-building',
      waits: [{ lock: 'running.s1', build: 's1', ms: 0 }],
    });
    expect((await stagelock(world, ['log', 'main'])).stdout).toMatch(
      /secondaries-building .*skipped for running\.s1\n$/,
    );
    expect(await saidOf(world, 'main')).toMatch(
      /last run: skipped: secondaries were building, T ago .*\n {2}last built: passed T ago/,
    );
    worlds.finish(world);
    await secondary.ended;
  });
});

describe('the newest runs of a history', () => {
  const line = (run: number, result: string): string =>
    `${JSON.stringify({ run: `r${run}`, begun: '2026-01-31T11:00:00Z', ended: '2026-01-31T11:01:00Z', stamp: 's', result })}\n`;

  test.each([
    ['of a short one', 2],
    ['of one that is longer than what is looked at first', 2000],
    ['of one that is longer than what is looked at', 100_000],
  ])('%s', (_, failures) => {
    const directory = temporaryDirectory();
    const file = historyFile(directory);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      `${line(0, 'done')}${Array.from({ length: failures }, (_, run) => line(run + 1, 'stage-failed')).join('')}{"torn`,
    );
    const { last, passed } = pastOf(directory);
    expect(last?.run).toBe(`r${failures}`);
    expect(passed?.run).toBe(failures < 10_000 ? 'r0' : undefined);
  });

  test('of one that was moved aside a moment ago, and of none', () => {
    const directory = temporaryDirectory();
    expect(pastOf(directory)).toEqual({});
    const file = historyFile(directory);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.1`, line(1, 'done') + line(2, 'stage-failed'));
    writeFileSync(file, `${JSON.stringify({ run: 'r3', begun: '2026-01-31T11:00:00Z', stamp: 's' })}\n`);
    expect(pastOf(directory)).toMatchObject({ last: { run: 'r2' }, passed: { run: 'r1' } });
    rmSync(file);
    symlinkSync('/etc/passwd', file);
    expect(pastOf(directory)).toMatchObject({ last: { run: 'r2' } });
    rmSync(`${file}.1`);
    mkdirSync(`${file}.1`);
    expect(pastOf(join(directory))).toEqual({});
  });
});
