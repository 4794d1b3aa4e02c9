import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { because, canMount } from '../locks/processes.js';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { isRunning, missing, noRoot, Running, STAGELOCK, stagelock, untilThere } from './programs.js';
import { count, FAST, fast, jobFiles, logOf, Scheduled, touch, untilThereIs } from './scheduled.js';

const scheduled = new Scheduled();
afterEach(() => scheduled.remove());
const watched = scheduled.watched.bind(scheduled);
const schedule = scheduled.schedule.bind(scheduled);

const atWork = (world: World): Promise<void> => untilThere(join(world.root, 'main', 'at-work'));
const finish = (world: World): void => writeFileSync(join(world.root, 'finish'), '');

/** What is recorded of the only job that there is. */
function jobOf(world: World): { readonly path: string; readonly pid: number } {
  const [name = ''] = jobFiles(world).filter((file) => file.endsWith('.json'));
  const path = join(world.root, 'stagelock.state', 'jobs', name);
  return { path, pid: JSON.parse(readFileSync(path, 'utf8')).pid };
}

describe('a run that a killed scheduler has left', () => {
  /** A world in which one goes on. */
  async function left(environment: NodeJS.ProcessEnv = {}) {
    const world = watched();
    const first = await schedule(world, { WORK: untilThereIs('finish'), ...environment });
    touch(world);
    await atWork(world);
    first.kill('SIGKILL');
    await first.ended;
    return world;
  }

  test('is followed by one for a change that came meanwhile', async () => {
    const world = await left();
    const second = await schedule(world);
    world.commit(1);
    await sleep(1500);
    touch(world);
    await sleep(1000);
    expect(second.output).not.toContain(': started');
    finish(world);
    await until('its successor', () => count(second.output, /main: ended$/m) === 1, 20_000);
    expect(count(second.output, /main: started/)).toBe(1);
  }, 60_000);

  test('is waited for, although another record of the same build is of a dead one', async () => {
    const world = await left();
    const { path } = jobOf(world);
    const dead = { ...JSON.parse(readFileSync(path, 'utf8')), id: '0123456789abcdef', pid: 999_999, processStart: 1 };
    writeFileSync(join(path, '..', '0123456789abcdef.json'), JSON.stringify(dead));
    const second = await schedule(world);
    await second.untilOutput(/main: is gone/);
    await sleep(1500);
    touch(world);
    await sleep(1000);
    expect(second.output).not.toContain(': started');
    second.kill('SIGTERM');
    await second.untilOutput(/waiting for main,/);
    finish(world);
    expect((await second.ended).code).toBe(0);
    expect(world.mailbox.mails).toEqual([]);
  }, 60_000);

  test('and that does not end is left to the next one, which still mails what it had to say', async () => {
    const world = await left({ CHECK: 'exit 3' });
    const { pid } = jobOf(world);
    process.kill(pid, 'SIGSTOP');
    const second = await schedule(world, fast(60), FAST);
    await second.untilOutput(/earlier scheduler/);
    second.kill('SIGTERM');
    await second.untilOutput(/waiting for main/);
    second.kill('SIGTERM');
    expect((await second.ended).stderr).toContain('could not end main; left running');
    expect(jobFiles(world)).toHaveLength(2);
    process.kill(pid, 'SIGCONT');
    await until('its end', () => !isRunning(pid), 20_000);
    await schedule(world);
    expect(await world.mailbox.until(1)).toHaveLength(1);
  }, 60_000);
});

test('a run of its own that does not end keeps no scheduler from ending', async () => {
  const world = watched();
  const scheduler = await schedule(world, { WORK: untilThereIs('finish'), ...fast(60) }, FAST);
  touch(world);
  await atWork(world);
  const { pid } = jobOf(world);
  process.kill(pid, 'SIGSTOP');
  try {
    scheduler.kill('SIGTERM');
    await scheduler.untilOutput(/waiting for/);
    scheduler.kill('SIGTERM');
    expect((await scheduler.ended).stderr).toContain('could not end main; left running');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}, 60_000);

test('firings that no scheduler has started are taken over one after the other, and no overlap with each other', async () => {
  const world = watched({ primary: 'schedule = "0 0 1 1 *"', secondaries: [] });
  const firings = join(world.root, 'stagelock.state', 'firings', 'main');
  mkdirSync(firings, { recursive: true });
  for (const ago of [600_000, 540_000]) {
    const time = new Date(Date.now() - ago).toISOString().replaceAll(/[-:]/g, '').slice(0, 13);
    writeFileSync(join(firings, `${time}Z.1`), JSON.stringify({ host: 'gone', pid: 1 }));
  }
  const scheduler = await schedule(world, fast(20), FAST);
  scheduler.kill('SIGHUP');
  await until('both', () => count(scheduler.output, /main: ended$/m) === 2, 20_000);
  expect(logOf(world, 'main')).toMatch(/main: done\n$/);
  expect(world.mailbox.mails).toEqual([]);
}, 60_000);

describe('a directory that others may write to', () => {
  test('a link in place of the memory of breakages has nothing of what it leads to removed or written', async () => {
    const world = watched({}, 'authors = true\n');
    const home = join(world.root, 'home');
    mkdirSync(home);
    writeFileSync(join(home, '20261125T111003123Z-thesis.json'), 'years of work');
    const breakage = join(world.root, 'stagelock.state', 'mail', 'breakage');
    mkdirSync(breakage, { recursive: true });
    symlinkSync(home, join(breakage, 'main'));
    const { code, stderr } = await stagelock(world, ['run', 'main'], { environment: { CHECK: 'exit 3' } });
    expect(code).toBe(1);
    expect(stderr).toContain('breakage/main is a symbolic link, which stagelock does not follow; remove it');
    expect(readdirSync(home)).toEqual(['20261125T111003123Z-thesis.json']);
  });

  test('a planted record of a job has no file of ours quoted in a mail', async () => {
    const world = watched();
    const secret = join(world.root, 'id_rsa');
    writeFileSync(secret, 'PRIVATE KEY\n', { mode: 0o600 });
    const jobs = join(world.root, 'stagelock.state', 'jobs');
    mkdirSync(jobs, { recursive: true });
    const record = { id: '0123456789abcdef', build: 'main', command: 'x', user: 'x', host: hostname(), log: secret };
    const keeper = { pid: 999_999, processStart: 1 };
    writeFileSync(
      join(jobs, `${record.id}.json`),
      JSON.stringify({ ...record, keeper, began: '2026-11-25T11:10:00Z' }),
    );
    writeFileSync(join(jobs, `${record.id}.stderr`), 'hello\n');
    await schedule(world);
    const [mail] = await world.mailbox.until(1);
    expect(mail?.raw).toContain('hello');
    expect(mail?.raw).not.toContain('PRIVATE KEY');
  });

  test('a link in place of what a run had to say is named in the mail, which still comes', async () => {
    const world = watched();
    const scheduler = await schedule(world, { WORK: untilThereIs('finish'), CHECK: 'exit 3' });
    touch(world);
    await atWork(world);
    const stderr = jobOf(world).path.replace(/json$/, 'stderr');
    rmSync(stderr);
    symlinkSync('/etc/passwd', stderr);
    finish(world);
    await scheduler.untilOutput(/main: ended with exit code 1/);
    const [mail] = await world.mailbox.until(1);
    expect(mail?.raw).toContain(`[${stderr} cannot be read: ELOOP`);
    expect(mail?.raw).not.toContain('root:');
    expect(jobFiles(world)).toEqual([]);
  });

  test.each([
    ['in the year 12000', 316_516_000_000],
    ['before 1970', -1000],
  ])('a trigger that was touched %s is one that was touched now', async (_, seconds) => {
    const world = watched();
    const scheduler = await schedule(world);
    touch(world);
    utimesSync(join(world.root, 'trigger'), seconds, seconds);
    await scheduler.untilOutput(/main: ended$/m);
    expect(world.mailbox.mails).toEqual([]);
  });

  test('a file that gets an old time back is a change each time', async () => {
    const world = watched({ primary: 'watch = ["source"]\nquiet = "200 ms"', secondaries: [] });
    const scheduler = await schedule(world);
    const now = Date.now() / 1000;
    for (const [name, ago] of Object.entries({ a: 500, b: 100 })) {
      writeFileSync(join(world.root, name), name.repeat(ago));
      utimesSync(join(world.root, name), now - ago, now - ago);
    }
    await sleep(1000);
    for (const [index, name] of ['a', 'b', 'a'].entries()) {
      execFileSync('cp', ['-p', join(world.root, name), join(world.source, 'mine')]);
      await until(`run ${index + 1}`, () => count(scheduler.output, /main: ended$/m) === index + 1);
    }
  });
});

test.skipIf(!canMount)(
  `what could not be mailed for want of room is mailed when there is some again${because(canMount, 'cannot mount')}`,
  async () => {
    const world = watched();
    const small = join(world.root, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', small]);
    try {
      appendFileSync(world.configFile, '\n[scheduler]\nstate = "small/state"\n');
      const environment = { WORK: untilThereIs('finish'), CHECK: 'exit 3', ...fast(60) };
      const scheduler = await schedule(world, environment, FAST);
      touch(world);
      await atWork(world);
      try {
        writeFileSync(join(small, 'fill'), Buffer.alloc(2_000_000));
      } catch {
        // full
      }
      finish(world);
      // What it had to say could not be written either, of which its exit code tells.
      await scheduler.untilOutput(/main: ended with exit code 70/);
      await sleep(500);
      expect(world.mailbox.mails).toEqual([]);
      rmSync(join(small, 'fill'));
      expect(await world.mailbox.until(1)).toHaveLength(1);
      scheduler.kill('SIGTERM');
      expect((await scheduler.ended).stderr).toMatch(/main: the report of its run could not be mailed, .*ENOSPC/);
      expect(readdirSync(join(small, 'state', 'jobs'))).toEqual([]);
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  },
  60_000,
);

const noHosts = noRoot() ?? missing('unshare');

test.skipIf(noHosts !== undefined)(
  'a run that finds one of another host at work leaves the log of that alone',
  async () => {
    const world = watched({ primary: 'schedule = "* * * * *"', secondaries: [] });
    const clock = fast(30);
    await schedule(world, { ...clock, WORK: untilThereIs('finish') }, FAST);
    await atWork(world);
    const before = logOf(world, 'main');
    expect(before).toContain('main: build ...');
    const words = ['hostname other; exec "$@"', 'sh', process.execPath, ...FAST, STAGELOCK, 'schedule'];
    const other = new Running(
      spawn('unshare', ['--uts', 'sh', '-c', ...words], {
        cwd: world.root,
        env: { ...world.environment, STAGELOCK_CONFIG: world.configFile, ...clock },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    scheduled.add(other);
    await other.untilOutput(/main: ended with exit code 75/, 40_000);
    expect(logOf(world, 'main')).toBe(before);
    expect(existsSync(join(world.root, 'finish'))).toBe(false);
  },
  60_000,
);
