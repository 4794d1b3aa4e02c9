import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { missing, stagelock, start, startOnTerminal } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A world whose primary has failed in its stage `check`, after one run that passed. */
async function failed(check: string): Promise<World> {
  const world = worlds.make();
  appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  world.commit(1);
  expect((await stagelock(world, ['run', 'main'], { environment: { CHECK: check } })).code).toBe(1);
  return world;
}

const show = (world: World, ...args: string[]) => stagelock(world, ['log', 'main', '--show', ...args]);

describe('a past run', () => {
  test('that failed is shown with what failed and the log of that stage; colours mark its errors', async () => {
    const world = await failed('echo "a.c:3: error: no such thing" && echo after && exit 3');
    const { code, stdout, stderr } = await show(world);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^\S+-Continuous {2}.* check failed: 1 error; .*\ncheck failed: 1 error \(exit code 3 after .*\)\n/,
    );
    expect(stdout).toMatch(
      /\n\n==> check \(failed\): \S+LastCheck_\S+\.log <==\n\[stagelock\] .*\n.*\na\.c:3: error: no such thing\nafter\n/,
    );
    expect(stdout).not.toContain('==> build');
    const coloured = await show(world, '--color', 'always');
    expect(coloured.stdout).toContain('\u001b[31ma.c:3: error: no such thing\u001b[0m\nafter\n');
    expect((await show(world, '--color', 'always', '--show', 'build')).stdout).not.toContain('\u001b[31m');
  });

  test('is found by its tag, its stages by their names', async () => {
    const world = await failed('echo only here; exit 3');
    const { stdout } = await stagelock(world, ['log', 'main', '--json']);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect((await show(world, second.stamp.slice(0, 13), 'check')).stdout).toMatch(
      /^\[stagelock\] [\s\S]*\nonly here\n/,
    );
    expect((await show(world, 'check')).stdout).toContain('only here');
    const passed = (await show(world, first.run)).stdout;
    expect(passed).toContain('==> build: ');
    expect(passed).toContain('==> check: ');
    expect(passed).not.toContain('only here');
    expect((await stagelock(world, ['log', 'main', '--failed'])).stdout.trim().split('\n')).toHaveLength(1);
    for (const wrong of [['19990101'], ['check', 'build'], ['../../etc/passwd'], [second.run, 'nope']]) {
      const { code, stderr, stdout: nothing } = await show(world, ...wrong);
      expect(code, wrong.join(' ')).toBeGreaterThan(0);
      expect(stderr).toMatch(/^stagelock: .*main/);
      expect(nothing).toBe('');
    }
  });

  test('steers no terminal, whatever its log and its history say, and no link has another file shown', async () => {
    const world = await failed(`printf 'a.c:1: error: \\033]0;owned\\007 \\033[2Jx\\n'; exit 3`);
    const { stdout } = await show(world);
    expect(stdout).toContain('a.c:1: error:');
    expect(stdout).not.toMatch(/[^\n\t -~‘’]/);
    const log = /==> check \(failed\): (\S+) <==/.exec(stdout)?.[1] ?? '';
    const secret = join(world.root, 'secret');
    writeFileSync(secret, 'the secret\n');
    rmSync(log);
    symlinkSync(secret, log);
    const linked = await show(world);
    expect(linked.stdout).toContain('[this log is not shown: its path contains a symbolic link]');
    expect(linked.stdout).not.toContain('the secret');
    rmSync(log);
    expect((await show(world)).stdout).toContain('[this log is gone]');
    mkdirSync(log);
    expect((await show(world)).stdout).toContain('[this log is not shown: it is not a regular file]');
  });
});

describe('the run in progress', () => {
  test('is followed from stage to stage until it ends, whoever has started it; what it says of it ends the output', async () => {
    const world = worlds.make();
    appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
    const gate = join(world.root, 'gate');
    const work = `echo one; until test -e '${gate}'; do sleep 0.05; done; echo two; printf 'no end'`;
    const run = start(world, ['run', 'main'], { environment: { WORK: work, CHECK: 'echo three; exit 3' } });
    await run.untilOutput(/main: build \.\.\./);
    const follower = start(world, ['log', 'main', '--follow']);
    await follower.untilOutput(/\none\n/);
    writeFileSync(gate, '');
    const { code, stdout } = await follower.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^==> build <==\n[\s\S]*\none\ntwo\nno end[\s\S]*\n==> check <==\n[\s\S]*\nthree\n[\s\S]*\nThe run of main has ended: check failed with exit code 3 after .*\.\n$/,
    );
    expect((await run.ended).code).toBe(1);
    const none = await stagelock(world, ['log', 'main', '--follow']);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('no run of main is in progress');
  });

  test('shows what its stages write with --verbose, and at a terminal their last line', async () => {
    const world = worlds.make();
    const { code, stdout } = await stagelock(world, ['run', 'main', '--verbose'], {
      environment: { WORK: 'echo one; sleep 0.5; echo two; printf "\\033[31mno end"' },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/main: build \.\.\. log: (\S+)\n[\s\S]*\none\ntwo\nno end[\s\S]*main: build done/);
    expect((await stagelock(world, ['run', 'main', '--verbose', '--quiet'])).code).toBe(2);
  });
});

const noTerminal = missing('script');
test.skipIf(noTerminal !== undefined)(
  `at a terminal a run is shown by $PAGER, and its live line has the last line of a stage's output${noTerminal === undefined ? '' : ` (${noTerminal})`}`,
  async () => {
    const world = await failed('echo only here; exit 3');
    const copy = join(world.root, 'copy');
    const pager = await startOnTerminal(world, ['log', 'main', '--show'], { PAGER: `cat > '${copy}'; echo paged` })
      .ended;
    expect(pager.stdout).toContain('paged');
    expect(readFileSync(copy, 'utf8')).toContain('only here');
    expect((await startOnTerminal(world, ['log', 'main', '--show'], { PAGER: 'exit 3' }).ended).code).toBe(0);
    const plain = await startOnTerminal(world, ['log', 'main', '--show', '--no-pager'], { PAGER: 'echo paged' }).ended;
    expect(plain.stdout).toContain('only here');
    expect(plain.stdout).not.toContain('paged');
    world.commit(1);
    const run = startOnTerminal(world, ['run', 'main'], { WORK: 'echo half way; sleep 3' });
    await run.untilOutput(/build 1 s( \(of about [^)]*\))? {2}half way/);
    await run.ended;
  },
);
