import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { jsonSchema, STATUS_REPORT } from '../../src/cli/status-schema.js';
import { until } from '../support/until.js';
import { missing, stagelock, start, startOnTerminal } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noTerminal = missing('script');
const CTRL_C = '\u0003';

test('the status for programs is what config/status.schema.json says: idle, at work, waiting, dead, unreadable', async () => {
  const file = new URL('../../config/status.schema.json', import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(jsonSchema());
  const world = worlds.make();
  appendFileSync(world.configFile, '\n[mail]\nto = ["a@example.org"]\nsendmail = "/bin/false"\n');
  const builds = async () => {
    const { stdout } = await stagelock(world, ['status', '--json']);
    return STATUS_REPORT.parse(JSON.parse(stdout)).builds;
  };
  expect(await builds()).toMatchObject([{ build: 'main', past: {} }, { build: 's1' }]);
  await stagelock(world, ['run', 'main']);
  const update = await worlds.updating(world);
  const secondary = start(world, ['run', 's1']);
  await secondary.untilOutput(/waiting for /);
  expect(await builds()).toMatchObject([
    { past: { last: { result: 'done' } }, stage: { name: 'update' }, waitsFor: [] },
    {
      locks: [{ judgement: { fate: 'alive' } }, {}],
      waitsFor: [expect.stringMatching(/\/main\/Testing\/Temporary\/update$/)],
    },
  ]);
  secondary.kill('SIGKILL');
  await secondary.ended;
  expect(await builds()).toMatchObject([{}, { locks: [{ judgement: { fate: 'dead' } }, {}] }]);
  worlds.finish(world);
  await update.ended;
  rmSync(world.build('s1').directory, { recursive: true });
  writeFileSync(world.build('s1').directory, '');
  expect(await builds()).toMatchObject([{}, { obstructed: true, problem: expect.stringContaining('s1') }]);
});

test('--watch --json prints a line at each change, and ends by a signal', async () => {
  const world = await worlds.built();
  expect(await stagelock(world, ['status', '--watch'])).toMatchObject({ code: 2, stdout: '' });
  const watch = start(world, ['status', '--watch', '--json']);
  await watch.untilOutput(/\n/);
  world.commit(1);
  const run = await worlds.building(world, 'main');
  await watch.untilOutput(/"name":"build","since"/);
  worlds.finish(world);
  await run.ended;
  await until('the end of the run in it', () => {
    const lines = watch.output.split('\n').slice(0, -1);
    return lines.length > 2 && JSON.parse(lines.at(-1) ?? '').builds[0].locks.length === 0;
  });
  watch.kill('SIGTERM');
  const { code, stdout, stderr } = await watch.ended;
  expect({ code, stderr }).toEqual({ code: 143, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(3);
  expect(new Set(lines).size).toBe(lines.length);
});

test.skipIf(noTerminal !== undefined)(
  `--watch draws on the second screen of a terminal, and leaves what it drew last${noTerminal === undefined ? '' : ` (${noTerminal})`}`,
  async () => {
    const world = await worlds.built();
    const watch = startOnTerminal(world, ['status', '--watch']);
    await watch.untilOutput(/idle/);
    world.commit(1);
    const run = await worlds.building(world, 'main');
    await watch.untilOutput(/main \(primary\): .*running: build for/);
    worlds.finish(world);
    await run.ended;
    watch.type(CTRL_C);
    const { code, stdout } = await watch.ended;
    expect(code).toBe(130);
    const [before, screen = '', after] = stdout.replaceAll('\u001b[', '<').split(/<\?1049[hl]/);
    expect(before).toBe('');
    expect(screen).toMatch(/^<\?25l<\?7l<H\S+ {3}Ctrl-C ends this<K\r\n<K\r\nmain /);
    expect(screen).toMatch(/<J(?:\^C)?<\?7h<\?25h$/);
    expect(after).toMatch(/^main \(primary\): /);
  },
);
