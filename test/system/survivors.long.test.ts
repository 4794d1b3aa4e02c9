import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { thisHost } from '../../src/index.js';
import { noOtherUser } from '../support/other-user.js';
import type { World } from '../support/world.js';
import { isRunning, missing, type Running, stagelock, start, startOnTerminal, untilThere } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noUsers = noOtherUser;
const noTerminal = missing('script');

/** What a command to copy looks like: alone on its line. */
const commandLine = (world: World, command: string, build: string): string =>
  `  stagelock --config ${world.configFile} ${command} ${build}\n`;

/** A world in which a run of a build was killed in its build stage, the command of which goes on until `finish`. */
async function killed(build = 'main', world?: World): Promise<World> {
  const here = world ?? (await worlds.built());
  if (build === 'main') here.commit(1);
  const run = await worlds.building(here, build);
  run.kill('SIGKILL');
  await run.ended;
  return here;
}

/** The pids in the lines that describe processes. */
function pidsIn(text: string): number[] {
  // Not the short ones that the command of {@link Worlds.building} starts one after the other.
  return [...text.matchAll(/^ {2}process (\d+) of .*: .*bear-witness/gm)].map((match) => Number(match[1]));
}

/** Starts a build whose stage starts what `work` says, and waits until that has made the file `ready`. */
async function working(world: World, work: string, build = 'main'): Promise<Running> {
  const ready = join(world.root, 'ready');
  const run = start(world, ['run', build], { environment: { WORK: work, READY: ready } });
  await untilThere(ready);
  return run;
}

describe('while processes of a killed run are alive', () => {
  test('unlock refuses, names them, and advises to end them, not to clear the locks by force', async () => {
    const world = await killed();
    const refused = await stagelock(world, ['unlock', 'main', '--yes']);
    expect(refused.code).toBe(75);
    expect(refused.stderr).toMatch(/^stagelock: main: left as it is, because processes of its run are still alive:\n/);
    expect(refused.stderr).toMatch(
      /\n {2}process \d+ of \S+, since [\d-]+ [\d:]+ \S+ \([^)]+ ago\), stage build of main: .*bear-witness /,
    );
    expect(refused.stderr).toContain(commandLine(world, 'kill', 'main'));
    expect(refused.stderr).not.toContain('--force');
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
  });

  test('kill shows them, ends them, leaves the locks, and says how to clear those', async () => {
    const world = await killed();
    const pids = pidsIn((await stagelock(world, ['unlock', 'main', '--yes'])).stderr);
    expect(pids.length).toBeGreaterThan(0);
    const ended = await stagelock(world, ['kill', 'main', '--yes']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(pids.filter((pid) => !pidsIn(ended.stdout).includes(pid) && isRunning(pid))).toEqual([]);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(ended.stdout).toContain(commandLine(world, 'unlock', 'main'));
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
    expect(world.overlaps()).toBe('');
    expect((await stagelock(world, ['kill', 'main'])).stdout).toBe(
      `main: no process of its runs is alive on ${thisHost().name}\n`,
    );
  });

  test('kill without a terminal and without --yes ends nothing, and gives the command', async () => {
    const world = await killed();
    const refused = await stagelock(world, ['kill', 'main']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`\n  stagelock --config ${world.configFile} kill main --yes\n`);
    expect(pidsIn(refused.stdout).every(isRunning)).toBe(true);
  });

  test('unlock --force says what it leaves alive, and no run begins beside it until it is ended', async () => {
    const world = await killed();
    const forced = await stagelock(world, ['unlock', 'main', '--yes', '--force']);
    expect(forced).toMatchObject({ code: 0, stderr: '' });
    const pids = pidsIn(forced.stdout);
    expect(pids.length).toBeGreaterThan(0);
    expect(forced.stdout).toMatch(new RegExp(String.raw`^left alive: process.* ${pids[0]}\b`, 'm'));
    expect(forced.stdout).toContain(commandLine(world, 'kill', 'main'));
    expect(world.lockFiles('main')).toEqual([]);

    for (const build of ['main', 'main']) {
      const next = await stagelock(world, ['run', build]);
      expect(next).toMatchObject({ code: 75 });
      if (next.stderr === '') continue; // told before
      expect(next.stderr).toMatch(
        /^stagelock: main: not updated and not built, because processes of an earlier run are still alive/,
      );
      expect(pidsIn(next.stderr)).toEqual(pids);
      expect(next.stderr).toContain(commandLine(world, 'kill', 'main'));
      expect(world.lockFiles('main')).toEqual([]);
    }
    expect(await stagelock(world, ['kill', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(pids.filter(isRunning)).toEqual([]);
    expect(readdirSync(world.temporary('main')).filter((name) => name.startsWith('Survivors'))).toEqual([]);
    expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
    expect(world.overlaps()).toBe('');
  });

  test('and its locks were removed by hand, the next run still finds it', async () => {
    const world = await killed();
    for (const name of ['running', 'build']) rmSync(join(world.temporary('main'), name));
    const next = await stagelock(world, ['run', 'main']);
    expect(next.code).toBe(75);
    expect(pidsIn(next.stderr).length).toBeGreaterThan(0);
    worlds.finish(world);
    await worlds.idle(world);
    expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  });

  test.for(['by force', 'by hand'])(
    'of a secondary, unlocked %s: its primary does not update under it',
    async (how) => {
      const world = await killed('s1');
      if (how === 'by force') await stagelock(world, ['unlock', 's1', '--yes', '--force']);
      else
        for (const [name, lock] of [
          ['main', 'running.s1'],
          ['s1', 'running'],
          ['s1', 'build'],
        ] as const)
          rmSync(join(world.temporary(name), lock));
      world.commit(1);
      const primary = await stagelock(world, ['run', 'main']);
      expect(primary.code).toBe(75);
      expect(primary.stderr).toMatch(/stage build of s1: .*bear-witness/);
      expect(primary.stderr).toContain(commandLine(world, 'kill', 's1'));
      expect(world.lockFiles('main')).toEqual([]);
      expect((await stagelock(world, ['run', 's1'])).code).toBe(75);
      expect(await stagelock(world, ['kill', 's1', '--yes'])).toMatchObject({ code: 0, stderr: '' });
      expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
      expect(world.overlaps()).toBe('');
      expect(readdirSync(world.temporary('main')).filter((name) => name.startsWith('Survivors'))).toEqual([]);
    },
  );

  test('of an update, unlocked by force: no build uses what it moves', async () => {
    const world = await worlds.built();
    const run = await worlds.updating(world);
    run.kill('SIGKILL');
    await run.ended;
    const refused = await stagelock(world, ['unlock', 'main', '--yes']);
    expect(refused.stderr).toMatch(/run of main: .*git/);
    await stagelock(world, ['unlock', 'main', '--yes', '--force']);
    expect((await stagelock(world, ['run', 's1'])).code).toBe(75);
    expect((await stagelock(world, ['run', 'main'])).code).toBe(75);
    expect(await stagelock(world, ['kill', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    worlds.finish(world);
  });

  test('that ignore TERM, are stopped, have a session of their own or no environment, are ended', async () => {
    const world = await worlds.built();
    world.commit(1);
    const run = await working(
      world,
      `trap '' TERM
       setsid sh -c 'trap "" TERM; while :; do sleep 0.1; done' & echo $! > $READY.pids
       sh -c 'kill -STOP $$; sleep 60' & echo $! >> $READY.pids
       env -i sleep 61 & echo $! >> $READY.pids
       echo $$ >> $READY.pids; : > $READY; wait; sleep 60`,
    );
    run.kill('SIGKILL');
    await run.ended;
    const pids = readFileSync(join(world.root, 'ready.pids'), 'utf8').trim().split('\n').map(Number);
    expect(pids.every(isRunning)).toBe(true);
    expect(await stagelock(world, ['kill', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(pids.filter(isRunning)).toEqual([]);
  });
});

test('kill ends a living run in order: its locks stay, and it says that it was interrupted', async () => {
  const world = await worlds.built();
  world.commit(1);
  const run = await worlds.building(world, 'main');
  const ended = await stagelock(world, ['kill', 'main', '--yes']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toMatch(
    new RegExp(String.raw`^main: alive on .*:\n {2}process ${run.pid} of .*, run of main: .*stagelock.js run main\n`),
  );
  expect(await run.ended).toMatchObject({
    code: 143,
    stderr: expect.stringMatching(/^stagelock: main: interrupted\. Its locks stay/),
  });
  expect(world.lockFiles('main')).toEqual(['build', 'running']);
});

test('kill signals nothing of another build, whatever a lock says', async () => {
  const world = await worlds.built();
  const other = await worlds.building(world, 's1');
  const lock = join(world.temporary('s1'), 'running');
  writeFileSync(
    join(world.temporary('main'), 'running'),
    readFileSync(lock, 'utf8').replace(/"pid": \d+/, '"pid": 999999'),
  );
  expect((await stagelock(world, ['kill', 'main', '--yes'])).stdout).toMatch(/^main: no process of its runs is alive/);
  // A lock that names a process that is no run, with its true start.
  const facts = thisHost().process(process.pid);
  const record = JSON.parse(readFileSync(lock, 'utf8'));
  const forged = {
    ...record,
    pid: process.pid,
    processStart: facts.kind === 'running' ? facts.startTicks : 0,
    run: 'x',
  };
  writeFileSync(join(world.temporary('main'), 'running'), JSON.stringify(forged));
  expect((await stagelock(world, ['kill', 'main', '--yes'])).stdout).toMatch(/^main: no process of its runs is alive/);
  expect(isRunning(other.pid)).toBe(true);
  worlds.finish(world);
  expect((await other.ended).code).toBe(0);
});

test('kill says to which host to go, and unlock --force clears what a host has left that is gone for good', async () => {
  const world = await killed();
  worlds.finish(world);
  await worlds.idle(world);
  const lock = join(world.temporary('main'), 'running');
  writeFileSync(lock, readFileSync(lock, 'utf8').replace(/"host": "[^"]*"/, '"host": "elsewhere"'));
  const refused = await stagelock(world, ['kill', 'main', '--yes']);
  expect(refused.code).toBe(75);
  expect(refused.stderr).toMatch(
    /main: processes of another host can be ended only there:\n {2}process \d+ of \S+ on elsewhere\n {2}On elsewhere:\n/,
  );
  expect(refused.stderr).toContain(commandLine(world, 'kill', 'main'));
  expect((await stagelock(world, ['unlock', 'main', '--yes', '--force'])).code).toBe(0);
  const remnant = {
    host: 'elsewhere',
    pid: 7,
    startTicks: 1,
    user: 'ci',
    command: 'make',
    run: 'r',
    build: 'main',
    stage: 'build',
  };
  const note = join(world.temporary('main'), 'Survivors.main.json');
  writeFileSync(note, JSON.stringify({ remnants: [remnant] }));
  const blocked = await stagelock(world, ['run', 'main']);
  expect(blocked.code).toBe(75);
  expect(blocked.stderr).toMatch(/process 7 of ci on elsewhere, stage build of main: make\n/);
  expect(await stagelock(world, ['unlock', 'main', '--force'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`removed ${note}\n`),
  });
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
});

test('what stands where such a note belongs and is none keeps runs away, and is named', async () => {
  const world = await worlds.built();
  const note = join(world.temporary('main'), 'Survivors.main.json');
  writeFileSync(note, '{');
  const blocked = await stagelock(world, ['run', 'main']);
  expect(blocked).toMatchObject({
    code: 75,
    stderr: expect.stringContaining(`  ${note} may name such processes and cannot be read`),
  });
  expect((await stagelock(world, ['unlock', 'main', '--force'])).stdout).toContain(`removed ${note}\n`);
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
});

test('a note about the dead is removed by the next run', async () => {
  const world = await killed();
  await stagelock(world, ['unlock', 'main', '--yes', '--force']);
  worlds.finish(world);
  await worlds.idle(world);
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  expect(readdirSync(world.temporary('main')).filter((name) => name.startsWith('Survivors'))).toEqual([]);
});

test('a run that a stage starts is no survivor of that, and builds', async () => {
  const world = await worlds.built();
  world.commit(1);
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  const inner = `[ "$STAGELOCK_BUILD" = s1 ] || { ${process.execPath} ${join(process.cwd(), 'dist/stagelock.js')} run s1; echo $? > "${world.root}/code"; }`;
  world.commit(1);
  const outer = await stagelock(world, ['run', 'main'], { environment: { WORK: inner } });
  expect(outer).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(world.root, 'code'), 'utf8')).toBe('0\n');
});

test('what a stage was allowed to leave blocks no run, and kill leaves it', async () => {
  const world = await worlds.built();
  writeFileSync(
    world.configFile,
    readFileSync(world.configFile, 'utf8').replace('stages.build]', 'stages.build]\nmay_leave = true'),
  );
  world.commit(1);
  const daemon = `setsid sleep 300 < /dev/null > /dev/null 2>&1 9<&- & echo $! > "${world.root}/daemon"; sleep 0.2`;
  expect((await stagelock(world, ['run', 'main'], { environment: { WORK: daemon } })).code).toBe(0);
  const pid = Number(readFileSync(join(world.root, 'daemon'), 'utf8'));
  expect(isRunning(pid)).toBe(true);
  world.commit(1);
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
  expect((await stagelock(world, ['kill', 'main', '--yes'])).stdout).toMatch(/no process of its runs is alive/);
  expect(isRunning(pid)).toBe(true);
});

describe.skipIf(noTerminal !== undefined)(`on a terminal${noTerminal === undefined ? '' : ` (${noTerminal})`}`, () => {
  test.for([
    { answer: 'y\n', ends: true },
    { answer: 'n\n', ends: false },
    { answer: '\n', ends: false },
    { answer: '\u0003', ends: false },
    { answer: '\u0004', ends: false },
  ])('kill asks, and $answer ends them: $ends', async ({ answer, ends }) => {
    const world = await killed();
    const kill = startOnTerminal(world, ['kill', 'main']);
    await kill.untilOutput(/End these \d+ processes\? \[y\/N\] /);
    const pids = pidsIn(kill.output.replaceAll('\r', ''));
    kill.type(answer);
    expect((await kill.ended).code).toBe(ends ? 0 : 1);
    expect(pids.filter(isRunning)).toEqual(ends ? [] : pids);
  });
});

describe.skipIf(noUsers !== undefined)(`of another user${noUsers === undefined ? '' : ` (${noUsers})`}`, () => {
  const ANNA = { uid: 61_001, gid: 61_000 };
  const BERT = { uid: 61_002, gid: 61_000 };

  function environment(world: World): NodeJS.ProcessEnv {
    return { HOME: '/nonexistent', GIT_CONFIG_GLOBAL: join(world.root, 'gitconfig') };
  }

  /** A world of a group in which Anna's build is at work. */
  async function atWork(): Promise<{ world: World; run: Running }> {
    const world = worlds.make();
    writeFileSync(join(world.root, 'gitconfig'), '[safe]\n\tdirectory = *\n');
    execFileSync('chown', ['-R', `${ANNA.uid}:${ANNA.gid}`, world.root]);
    execFileSync('chmod', ['-R', 'g+rwX,o+rX', world.root]);
    execFileSync('find', [world.root, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+']);
    const run = await worlds.building(world, 'main', { user: ANNA, environment: environment(world) });
    return { world, run };
  }

  test('kill ends nothing, names it, and says who can', async () => {
    const { world, run } = await atWork();
    const refused = await stagelock(world, ['kill', 'main', '--yes'], { user: BERT, environment: environment(world) });
    expect(refused.code).toBe(75);
    expect(refused.stderr).toMatch(/^stagelock: main: still alive:\n {2}process /);
    expect(refused.stderr).toContain(`\n  process ${run.pid} of user 61001, `);
    expect(refused.stderr).toContain('  Only user 61001 or root can end what is not yours:\n');
    expect(isRunning(run.pid)).toBe(true);
    // root follows no configuration that others can change
    execFileSync('chown', ['0:0', world.root, world.configFile]);
    expect(await stagelock(world, ['kill', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect((await run.ended).code).toBe(143);
  });

  test('what one has left alive by force, another one does not build beside', async () => {
    const { world, run } = await atWork();
    run.kill('SIGKILL');
    await run.ended;
    const forced = await stagelock(world, ['unlock', 'main', '--yes', '--force'], {
      user: ANNA,
      environment: environment(world),
    });
    expect(forced).toMatchObject({ code: 0 });
    const next = await stagelock(world, ['run', 'main'], { user: BERT, environment: environment(world) });
    expect(next.code).toBe(75);
    expect(next.stderr).toMatch(/process \d+ of user 61001, .*, stage build of main: .*bear-witness/);
    expect(
      (await stagelock(world, ['kill', 'main', '--yes'], { user: ANNA, environment: environment(world) })).code,
    ).toBe(0);
  });
});
