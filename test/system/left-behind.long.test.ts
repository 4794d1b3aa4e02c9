import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { noOtherUser } from '../support/other-user.js';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { isRunning, missing, noRoot, STAGELOCK, stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const KEEPER = join(dirname(STAGELOCK), 'stage-keeper');
const noKeeper = existsSync(KEEPER) ? undefined : 'no C compiler';
/** As it is installed where there is no C compiler. */
const WITHOUT_KEEPER = join(dirname(STAGELOCK), 'without-keeper', 'stagelock.js');

beforeAll(() => {
  const copied = dirname(WITHOUT_KEEPER);
  rmSync(copied, { recursive: true, force: true });
  for (const name of ['stagelock.js', 'chunks']) {
    cpSync(join(dirname(STAGELOCK), name), join(copied, name), { recursive: true });
  }
});

/** A primary whose stage `first` runs a script before `build`. */
function stages(script: string, more = ''): World {
  return worlds.make({ defaults: `[defaults.stages.first]\nshell = ${JSON.stringify(script)}\n${more}` });
}

const pidIn = (file: string): number => Number(readFileSync(file, 'utf8'));
const logOf = (world: World): string => readFileSync(logFileOf(world), 'utf8');
function logFileOf(world: World): string {
  const tag = readFileSync(join(world.build('main').directory, 'Testing', 'TAG'), 'utf8').split('\n')[0];
  return join(world.temporary('main'), `LastFirst_${tag}.log`);
}

/** Scripts that start something in the background, which writes its pid into a file of this name, and go on. */
const LEAVE: Record<string, string> = {
  background: 'sh -c "echo \\$\\$ > background; exec sleep 60" &',
  deaf: `sh -c "trap '' TERM; echo \\$\\$ > deaf; while :; do sleep 1; done" &`,
  nohup: 'nohup sh -c "echo \\$\\$ > nohup; exec sleep 60" > /dev/null 2>&1 &',
  session: 'setsid sh -c "echo \\$\\$ > session; exec sleep 60" &',
  daemon: '(setsid sh -c "echo \\$\\$ > daemon; exec sleep 60" &) &',
  stopped: 'sh -c "echo \\$\\$ > stopped; kill -STOP \\$\\$; sleep 60" &',
  clean: 'env -i sh -c "echo \\$\\$ > clean; exec sleep 60" &',
  // Known by its parent only, which ends before it.
  orphaned: `(env -i setsid sh -c "trap '' TERM; echo \\$\\$ > orphaned; while :; do sleep 1; done" & wait) &`,
};
/** It has left its session, has cleaned its environment and lost its parent: only the keeper knows of it. */
const SEEN_BY_KEEPER = { hidden: '(env -i setsid sh -c "echo \\$\\$ > hidden; exec sleep 60" &) &' };
const untilWritten = (...files: string[]): string =>
  files.map((file) => `while [ ! -s ${file} ]; do sleep 0.01; done;`).join(' ');
const UNTIL_THERE = untilWritten('pid');

describe.each([
  { where: 'with a keeper', program: STAGELOCK, shapes: { ...LEAVE, ...SEEN_BY_KEEPER }, skipped: noKeeper },
  { where: 'without a keeper', program: WITHOUT_KEEPER, shapes: LEAVE, skipped: undefined },
])('a stage $where', ({ program, shapes, skipped }) => {
  test.skipIf(skipped !== undefined)('has ended when everything has that it left, in whatever way', async () => {
    const names = Object.keys(shapes);
    const world = stages(`${Object.values(shapes).join('\n')}\n${untilWritten(...names)} exit 3`);
    const ended = await stagelock(world, ['run', 'main'], { program });
    expect(ended.code).toBe(1);
    const { directory } = world.build('main');
    for (const name of names) {
      const pid = pidIn(join(directory, name));
      expect(isRunning(pid), name).toBe(false);
      expect(logOf(world)).toContain(`process ${pid}: `);
    }
    expect(logOf(world)).toContain('left processes behind, which were ended:');
    expect(world.lockFiles('main')).toEqual([]);
  });

  test.skipIf(skipped !== undefined)(
    'of which all have ended is told as ever, and so is one that ends soon',
    async () => {
      const world = stages('(sleep 0.3; touch written) &');
      const ended = await stagelock(world, ['run', 'main'], { program });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(join(world.build('main').directory, 'written'))).toBe(true);
      expect(logOf(world)).not.toContain('left');
    },
  );

  test.skipIf(skipped !== undefined)('that passes and leaves something says so, and what to configure', async () => {
    const world = stages('sleep 60 &');
    const ended = await stagelock(world, ['run', 'main'], { program });
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /^stagelock: main: first left a process behind, which stagelock ended. To keep such processes running: may_leave = true \(log: .*\)\n$/,
    );
    expect(logOf(world)).toContain('may_leave = true');
  });

  test.skipIf(skipped !== undefined)('that was killed leaves nothing to the next stage', async () => {
    const leave = `sh -c "trap '' TERM; echo \\$\\$ > pid; while :; do sleep 1; done" & ${UNTIL_THERE} kill -9 $$`;
    const world = stages(leave, 'on_failure = "continue"');
    // Where no process reaps, what has ended stays there as a zombie.
    const work =
      'cd "$STAGELOCK_BUILD_DIR"; grep -q "^State:.[^ZX]" /proc/$(cat pid)/status 2> /dev/null && touch beside; :';
    const ended = await stagelock(world, ['run', 'main'], { program, environment: { WORK: work } });
    expect(ended.stdout).toContain('main: build ...');
    expect(existsSync(join(world.build('main').directory, 'beside'))).toBe(false);
    expect(ended.stderr).toMatch(/first died of SIGKILL after/);
  });

  test.skipIf(skipped !== undefined)('that exceeds its time limit, also what has left its session', async () => {
    const world = stages(`setsid sh -c "echo \\$\\$ > pid; exec sleep 60" & wait`, 'timeout = "1 s"');
    const ended = await stagelock(world, ['run', 'main'], { program });
    expect(ended.stderr).toContain('was ended after its time limit');
    expect(isRunning(pidIn(join(world.build('main').directory, 'pid')))).toBe(false);
    expect(logOf(world)).not.toContain('may_leave');
  });

  test.skipIf(skipped !== undefined)('of a run that is told to stop, too', async () => {
    const world = stages(`setsid sh -c "echo \\$\\$ > pid; exec sleep 60" & wait`);
    const running = start(world, ['run', 'main'], { program });
    const file = join(world.build('main').directory, 'pid');
    await until('a pid', () => existsSync(file) && statSync(file).size > 0);
    running.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
    expect(isRunning(pidIn(file))).toBe(false);
  });

  test.skipIf(skipped !== undefined)('with may_leave leaves its daemon, and the run goes on at once', async () => {
    const world = stages(`setsid sh -c "echo \\$\\$ > pid; exec sleep 60" & ${UNTIL_THERE} :`, 'may_leave = true');
    const ended = await stagelock(world, ['run', 'main'], { program });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(isRunning(pidIn(join(world.build('main').directory, 'pid')))).toBe(true);
  });

  test.skipIf(skipped !== undefined)('with may_leave that is killed leaves only what has its own session', async () => {
    const both = 'setsid sh -c "echo \\$\\$ > daemon; exec sleep 60" & sh -c "echo \\$\\$ > pid; exec sleep 60" &';
    const world = stages(
      `${both} while [ ! -s daemon ]; do sleep 0.01; done; ${UNTIL_THERE} kill -9 $$`,
      'may_leave = true',
    );
    const ended = await stagelock(world, ['run', 'main'], { program });
    expect(ended.code).toBe(1);
    const { directory } = world.build('main');
    expect(isRunning(pidIn(join(directory, 'pid')))).toBe(false);
    expect(isRunning(pidIn(join(directory, 'daemon')))).toBe(true);
  });

  test.skipIf(skipped !== undefined)(
    'of a secondary that was killed does not read the source beside an update',
    async () => {
      const world = worlds.make();
      expect((await stagelock(world, ['run', 'main'], { program })).code).toBe(0);
      world.commit(1);
      expect((await stagelock(world, ['run', 'main'], { program })).code).toBe(0);
      world.commit(1);
      // The witness is inherited by the orphan, and held as long as it lives.
      const orphan = `(trap '' TERM; cat "$STAGELOCK_SOURCE"/* > /dev/null; : > orphan; sleep 60) & `;
      const environment = { WORK: `${orphan} while [ ! -e orphan ]; do sleep 0.01; done; kill -9 $PPID` };
      const killed = await stagelock(world, ['run', 's1'], { program, environment });
      expect(killed.stderr).toContain('build died of SIGKILL');
      expect((await stagelock(world, ['run', 'main'], { program })).code).toBe(0);
      expect(world.overlaps()).toBe('');
    },
  );
});

test.skipIf(noKeeper !== undefined)('a keeper that is killed takes nothing out of sight', async () => {
  const world = stages('setsid sh -c "echo \\$\\$ > pid; exec sleep 60" & sleep 60');
  const running = start(world, ['run', 'main']);
  const file = join(world.build('main').directory, 'pid');
  await until('a pid', () => existsSync(file) && statSync(file).size > 0);
  const parent = (pid: number): number =>
    Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  process.kill(parent(parent(pidIn(file))), 'SIGKILL');
  const ended = await running.ended;
  expect(ended.stderr).toContain('first died of SIGKILL');
  expect(isRunning(pidIn(file))).toBe(false);
});

test.skipIf(noKeeper !== undefined)(
  'a command that kills what it runs under hits nothing else, and has ended like any other',
  async () => {
    const world = stages('kill -9 $PPID; setsid sh -c "echo \\$\\$ > pid; exec sleep 60" & sleep 60');
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.stderr).toContain('first died of SIGKILL');
    expect(isRunning(pidIn(join(world.build('main').directory, 'pid')))).toBe(false);
    expect(world.lockFiles('main')).toEqual([]);
  },
);

describe('a stage of which something cannot be ended', () => {
  const message = (why: string): RegExp =>
    new RegExp(
      `^stagelock: stage first of main has not ended, because not all of its processes could be ended.\n {2}process \\d+ is still running, ${why}.*: .*\n {2}log: `,
    );

  test.skipIf((noOtherUser ?? missing('setpriv')) !== undefined)(
    'because it has another user, has not ended: that is named, and the locks stay',
    async () => {
      const script = `../as-root --reuid 0 sh -c "echo \\$\\$ >&3; exec sleep 60" 3> pid & ${UNTIL_THERE} exit 3`;
      const world = stages(script, 'on_failure = "continue"');
      const user = { uid: 61_001, gid: 61_001 };
      execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, world.root]);
      copyFileSync('/usr/bin/setpriv', join(world.root, 'as-root'));
      chmodSync(join(world.root, 'as-root'), 0o4755);
      const ended = await stagelock(world, ['run', 'main'], { user });
      expect(ended.stderr).toMatch(message('it belongs to another user'));
      expect(ended.code).toBe(70);
      expect(ended.stdout).not.toContain('build ...');
      expect(world.lockFiles('main')).toEqual(['running']);
      expect(existsSync(join(world.temporary('main'), 'first'))).toBe(true);
    },
  );

  const group = '/sys/fs/cgroup/freezer/stagelock-test';
  const freezer = existsSync('/sys/fs/cgroup/freezer/tasks') ? undefined : 'no freezer of cgroups v1';
  test.skipIf((noRoot() ?? freezer) !== undefined)('because the kernel holds it, has not ended either', async () => {
    mkdirSync(group, { recursive: true });
    try {
      const freeze = `echo \\$\\$ > pid; echo \\$\\$ > ${group}/tasks; echo FROZEN > ${group}/freezer.state; sleep 60`;
      const world = stages(`sh -c "${freeze}" & ${UNTIL_THERE} exit 0`);
      const ended = await stagelock(world, ['run', 'main']);
      expect(ended.stderr).toMatch(message('it waits in the kernel'));
      expect(ended.code).toBe(70);
      expect(logOf(world)).toMatch(/process \d+ is still running, it waits in the kernel/);
      expect(existsSync(join(world.temporary('main'), 'first'))).toBe(true);
    } finally {
      writeFileSync(join(group, 'freezer.state'), 'THAWED');
      await until('the end of the thawed', () => readFileSync(join(group, 'tasks'), 'utf8') === '');
      rmdirSync(group);
    }
  });
});
