import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import { isRunning, missing, stagelock, startOnTerminal } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noTerminal = missing('script');

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const WORK = { WORK: 'sleep 30' };

describe.skipIf(noTerminal !== undefined)(`on a terminal${noTerminal === undefined ? '' : ` (${noTerminal})`}`, () => {
  test('a stage has one live line with the elapsed time and what is expected, and ends as a line that stays', async () => {
    const world = await worlds.built();
    world.commit(1);
    const run = startOnTerminal(world, ['run', 'main'], { WORK: 'sleep 1.2' });
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(drawn(stdout)).toMatch(/\r<clear>main: build 0 s \(of about \d+ ms\)\r<clear>main: build 1 s \(of about /);
    expect(drawn(stdout)).toMatch(/\r<clear>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d main: build done in 1\.\d s\r\n/);
  });

  test('a run with nothing to do says so', async () => {
    const world = await worlds.built();
    expect((await startOnTerminal(world, ['run', 'main']).ended).stdout).toMatch(/main: nothing new to build\r\n$/);
  });

  test('a live line fits into the terminal and keeps its times', async () => {
    const world = await worlds.built();
    await worlds.updating(world);
    const run = startOnTerminal(world, ['run', 's1']);
    await run.untilOutput(/s1: waiting .* \(at most 30 min\)/);
    const line = /<clear>(s1: waiting .*?\(at most 30 min\))/.exec(drawn(run.output))?.[1] ?? '';
    // `script` makes a terminal without a size, for which 80 columns are assumed.
    expect(line).toMatch(/^s1: waiting for .*\.\.\..*Temporary\/update 0 s \(at most 30 min\)$/);
    expect(line.length).toBeLessThan(80);
  });

  test('Ctrl-C ends the stage, says that the locks stay and how to clear them, and exits with 130', async () => {
    const world = await worlds.built();
    world.commit(1);
    const run = startOnTerminal(world, ['run', 'main'], WORK);
    await run.untilOutput(/main: build \d/);
    run.type(CTRL_C);
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/main: stopping on SIGINT: ending what runs\r\n/);
    expect(stdout).toMatch(/main: interrupted\. Its locks stay \(\S+\/running, \S+\/build\)/);
    expect(stdout).toContain(`stagelock --config ${world.configFile} unlock main`);
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
  });

  test('a terminal that is closed ends the stage, and the locks stay', async () => {
    const world = await worlds.built();
    world.commit(1);
    const run = startOnTerminal(world, ['run', 'main'], WORK);
    await run.untilOutput(/main: build \d/);
    const [owner] = await owners(world);
    run.kill('SIGKILL');
    await until('the end of the run', () => !isRunning(owner ?? 0));
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    // Not one of them dumped core, and none of the commands runs on: the locks can be cleared.
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(world.lockFiles('main')).toEqual([]);
  });

  describe('unlock', () => {
    test.for([
      { answer: 'y\n', clears: true },
      { answer: 'yes\n', clears: true },
      { answer: 'n\n', clears: false },
      { answer: '\n', clears: false },
      { answer: CTRL_C, clears: false },
      { answer: CTRL_D, clears: false },
    ])('asks, and $answer clears the locks: $clears', async ({ answer, clears }) => {
      const world = await worlds.built();
      world.commit(1);
      const run = await worlds.building(world, 'main');
      run.kill('SIGKILL');
      await run.ended;
      worlds.finish(world);
      await worlds.idle(world);
      const unlock = startOnTerminal(world, ['unlock', 'main']);
      await unlock.untilOutput(/Remove these 2 locks\? \[y\/N\] /);
      unlock.type(answer);
      const { code, stdout } = await unlock.ended;
      expect(code).toBe(clears ? 0 : 1);
      expect(world.lockFiles('main')).toEqual(clears ? [] : ['build', 'running']);
      if (!clears) expect(stdout).toMatch(/stagelock: main: left as it is\r\n$/);
    });
  });
});

/** What a program wrote to a terminal, readable. */
function drawn(output: string): string {
  return output.replaceAll('\u001b[K', '<clear>');
}

async function owners(world: ReturnType<Worlds['make']>): Promise<number[]> {
  const { stdout } = await stagelock(world, ['status', 'main', '--json']);
  return JSON.parse(stdout).builds[0].locks.map((lock: { record: { pid: number } }) => lock.record.pid);
}
