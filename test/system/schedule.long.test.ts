import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { SAME_REQUEST_MS } from '../../src/cli/stop-signal.js';
import { until } from '../support/until.js';
import { isRunning, missing, stagelock, start, untilThere } from './programs.js';
import { count, FAST, fast, logOf, Scheduled, touch, untilThereIs } from './scheduled.js';

const scheduled = new Scheduled();
const { worlds } = scheduled;
afterEach(() => scheduled.remove());
const watched = scheduled.watched.bind(scheduled);
const schedule = scheduled.schedule.bind(scheduled);

describe('a scheduler that watches a trigger file', () => {
  test('runs the build once after several touches, in a process of its own, with its progress in its log', async () => {
    const world = watched();
    const scheduler = await schedule(world);
    for (let touches = 0; touches < 3; touches++) {
      touch(world);
      await sleep(50);
    }
    await scheduler.untilOutput(/main: ended$/m);
    expect(logOf(world, 'main')).toMatch(/main: done\n$/);
    await sleep(600);
    expect(count(scheduler.output, /main: started the run because of a change/)).toBe(1);
    expect(world.mailbox.mails).toEqual([]);
  });

  test('runs it once more when it is touched, however often, while the build runs', async () => {
    const world = watched();
    const scheduler = await schedule(world, { WORK: untilThereIs('finish') });
    touch(world);
    await untilThere(join(world.root, 'main', 'at-work'));
    world.commit(1);
    for (let touches = 0; touches < 2; touches++) {
      touch(world);
      await sleep(400);
    }
    expect(count(scheduler.output, /main: started/)).toBe(1);
    writeFileSync(join(world.root, 'finish'), '');
    await until(
      () => `the second run ${scheduler.output}`,
      () => count(scheduler.output, /main: ended$/m) === 2,
    );
    await sleep(600);
    expect(count(scheduler.output, /main: started/)).toBe(2);
    expect(world.mailbox.mails).toEqual([]);
  });

  test('runs what was touched while no scheduler was there, once', async () => {
    const world = watched();
    touch(world);
    const first = await schedule(world);
    await first.untilOutput(/main: ended$/m);
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
    const second = await schedule(world);
    await sleep(500);
    expect(second.output).not.toContain(': started');
  });

  test('of a source directory is not roused by what version control and the builds write there', async () => {
    const world = watched({ primary: 'watch = ["source"]\nquiet = "200 ms"' });
    const scheduler = await schedule(world);
    writeFileSync(join(world.source, '.git', 'FETCH_HEAD'), 'x\n');
    await sleep(800);
    expect(scheduler.output).not.toContain(': started');
    writeFileSync(join(world.source, 'mine'), 'x\n');
    await scheduler.untilOutput(/main: ended/);
  });
});

describe('a failing run', () => {
  test('is mailed with what it wrote to stderr, the end of its log and its exit code', async () => {
    const world = watched();
    const scheduler = await schedule(world, { CHECK: 'echo oops; exit 3' });
    touch(world);
    const [mail] = await world.mailbox.until(1);
    expect(mail?.args).toBe(`-i -f root@${hostname()} -- team@example.org`);
    expect(mail?.subject).toBe(`Cron <root@${hostname()}> stagelock run main (exit code 1: a stage failed)`);
    expect(mail?.raw).toContain('stagelock: main: check failed with exit code 3 after ');
    expect(mail?.raw).toContain(`stagelock --config ${world.configFile} run main`);
    expect(mail?.raw).toContain('main: failed');
    expect(scheduler.output).toContain('main: ended with exit code 1');
    await until('the job to be forgotten', () => readdirSync(join(world.root, 'stagelock.state', 'jobs')).length === 0);
  });

  test('is mailed later, when sendmail is busy; meanwhile status and mail say so, and mail --send mends it', async () => {
    const world = watched();
    world.mailbox.isBusy();
    const scheduler = await schedule(world, { CHECK: 'exit 3' });
    touch(world);
    await scheduler.untilOutput(/mail: postponed: .*sendmail: .*team@example\.org/);
    expect((await stagelock(world, ['status'])).stdout).toMatch(/^mail: 1 waiting, 0 given up; .* mail$/m);
    expect((await stagelock(world, ['mail'])).stdout).toMatch(
      /^"Cron <.*", since .*, 1 attempt\n {2}waits for team@example\.org: .*no room/,
    );
    world.mailbox.works();
    expect(await stagelock(world, ['mail', '--send'])).toMatchObject({ code: 0, stderr: '' });
    expect(world.mailbox.subjects).toHaveLength(1);
    expect((await stagelock(world, ['mail'])).stdout).toMatch(/^no mails are waiting in /);
  });

  test('goes to stderr of the scheduler where the configuration names no recipient', async () => {
    const world = worlds.make({ primary: 'watch = ["trigger"]\nquiet = "200 ms"' });
    appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
    const scheduler = await schedule(world, { CHECK: 'exit 3' });
    touch(world);
    await scheduler.untilOutput(/main: ended with exit code 1/);
    scheduler.kill('SIGTERM');
    expect((await scheduler.ended).stderr).toMatch(/^stagelock: main: check failed with exit code 3 after /);
  });
});

describe('a run that lasts longer than the interval', () => {
  test('skips the next ones, is reported once, and once more when it has ended', async () => {
    const world = watched({ primary: 'schedule = "* * * * *"', secondaries: [] });
    // A minute is three seconds, in which the first mail has to be on its way.
    const scheduler = await schedule(world, { ...fast(20), WORK: untilThereIs('finish') }, FAST);
    const leftOut = (): number =>
      count(scheduler.output, /main: not run of .*, since its last run is still in progress$/m);
    await until('three that are left out', () => leftOut() >= 3, 40_000);
    const [mail, ...more] = await world.mailbox.until(1);
    expect(more).toEqual([]);
    expect(mail?.subject).toContain('stagelock run main (exit code 75: a lock is held or a wait timed out)');
    expect(mail?.raw).toMatch(
      /stagelock: main: not run of .* because its run of [\d-]+ [\d:]+ \S+ is still in progress\.\n {2}process \d+ /,
    );
    expect(mail?.raw).toContain('the interval between its runs (* * * * *) is too short.');
    writeFileSync(join(world.root, 'finish'), '');
    const [, over] = await world.mailbox.until(2);
    expect(over?.raw).toMatch(/stagelock: main: its run of [\d-]+ [\d:]+ \S+ has ended\. The problem of /);
  }, 60_000);
});

describe('SIGHUP', () => {
  test('reloads the configuration; an invalid one is reported, with every problem, and ignored', async () => {
    const world = watched();
    const scheduler = await schedule(world);
    const good = readFileSync(world.configFile, 'utf8');
    writeFileSync(world.configFile, good.replace('watch = ["trigger"]', 'watch = 7\ncolour = "red"'));
    scheduler.kill('SIGHUP');
    await sleep(500);
    writeFileSync(world.configFile, good.replace('watch = ["trigger"]', 'watch = ["another"]'));
    scheduler.kill('SIGHUP');
    await scheduler.untilOutput(/reloaded the configuration/);
    await sleep(500);
    touch(world);
    await sleep(600);
    expect(scheduler.output).not.toContain(': started');
    writeFileSync(join(world.root, 'another'), '');
    await scheduler.untilOutput(/main: ended/);
    scheduler.kill('SIGTERM');
    const { code, stderr } = await scheduler.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^stagelock: invalid configuration ignored, keeping the previous one:\n/);
    expect(stderr).toContain('builds.main.watch: ');
    expect(stderr).toContain('unknown key `colour`');
  });
});

describe('SIGTERM', () => {
  test('begins nothing more and waits for the run that goes on', async () => {
    const world = watched();
    const scheduler = await schedule(world, { WORK: untilThereIs('finish') });
    touch(world);
    await untilThere(join(world.root, 'main', 'at-work'));
    scheduler.kill('SIGTERM');
    await scheduler.untilOutput(/waiting for main, at most 600 s/);
    touch(world);
    await sleep(500);
    writeFileSync(join(world.root, 'finish'), '');
    expect(await scheduler.ended).toMatchObject({ code: 0, stderr: '' });
    expect(count(scheduler.output, /main: started/)).toBe(1);
    expect(logOf(world, 'main')).toMatch(/main: done\n$/);
    expect((await stagelock(world, ['status'])).stdout).not.toContain('scheduler:');
  });

  test.each([
    ['after stop_limit', '[scheduler]\nstop_limit = "300 ms"\n', 1],
    ['at the second signal', '', 2],
  ])('%s interrupts it; its locks stay, and the mail says so', async (_, tables, signals) => {
    const world = watched({}, tables);
    const scheduler = await schedule(world, { WORK: untilThereIs('finish') });
    touch(world);
    await untilThere(join(world.root, 'main', 'at-work'));
    for (let sent = 0; sent < signals; sent++) {
      scheduler.kill('SIGTERM');
      await scheduler.untilOutput(/waiting for main/);
      await sleep(SAME_REQUEST_MS + 100);
    }
    const { code, stderr } = await scheduler.ended;
    expect(code).toBe(0);
    expect(stderr).toBe('stagelock: interrupting main, which did not end in time; the locks stay\n');
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    const [mail] = await world.mailbox.until(1);
    expect(mail?.subject).toContain('stagelock run main (exit code 143');
    expect(mail?.raw).toContain('main: interrupted.');
  });
});

describe('one scheduler for a project and a host', () => {
  test('a second one is refused with 75, and status names the first', async () => {
    const world = watched();
    const scheduler = await schedule(world);
    const second = await stagelock(world, ['schedule']);
    expect(second.code).toBe(75);
    expect(second.stderr).toMatch(/a scheduler of \S+ is already running on this host; .*held by pid \d+/);
    expect((await stagelock(world, ['status'])).stdout).toMatch(
      /^scheduler: held by pid \d+ on \S+ \(running for .*\)$/m,
    );
    scheduler.kill('SIGKILL');
    await scheduler.ended;
    expect((await stagelock(world, ['status'])).stdout).toMatch(/^scheduler: held by pid \d+ on \S+ \(dead: /m);
    await schedule(world);
  });

  test('what a killed one has left is mailed by the next: its run goes on, and is not run twice', async () => {
    const world = watched();
    const first = await schedule(world, { WORK: untilThereIs('finish'), CHECK: 'exit 3' });
    touch(world);
    await untilThere(join(world.root, 'main', 'at-work'));
    first.kill('SIGKILL');
    await first.ended;
    const second = await schedule(world);
    expect(second.output).toMatch(/main: taking over the run of /);
    writeFileSync(join(world.root, 'finish'), '');
    const [mail, ...more] = await world.mailbox.until(1);
    expect(more).toEqual([]);
    expect(mail?.raw).toContain('stagelock: main: check failed with exit code 3 after ');
    expect(second.output).not.toContain(': started');
    expect(readdirSync(join(world.root, 'stagelock.state', 'jobs'))).toEqual([]);
  }, 30_000);
});

describe.skipIf(missing('systemd-notify') !== undefined)('under systemd', () => {
  test('it says when it is ready, reads its configuration again, lives and stops; its builds hear nothing of systemd', async () => {
    const world = watched();
    const socket = join(world.root, 'notify');
    const heard = join(world.root, 'heard');
    const listener = spawn(
      'perl',
      [
        '-MSocket',
        '-e',
        'socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; bind(S, sockaddr_un($ARGV[0])) or die; ' +
          'open(L, ">>", $ARGV[1]) or die; select(L); $| = 1; while (defined recv(S, my $m, 9999, 0)) { print "$m\\n" }',
        socket,
        heard,
      ],
      { stdio: 'inherit' },
    );
    try {
      await untilThere(heard);
      const scheduler = await schedule(world, {
        NOTIFY_SOCKET: socket,
        WATCHDOG_USEC: '600000',
        WORK: 'env > ../environment',
      });
      const says = (text: string) => until(text, () => readFileSync(heard, 'utf8').includes(text));
      await says('READY=1\n');
      await says('STATUS=runs 2 builds of ');
      await says('WATCHDOG=1\n');
      scheduler.kill('SIGHUP');
      await says('RELOADING=1\n');
      touch(world);
      await scheduler.untilOutput(/main: ended/);
      expect(readFileSync(join(world.root, 'environment'), 'utf8')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
      scheduler.kill('SIGTERM');
      await scheduler.ended;
      await says('STOPPING=1\n');
    } finally {
      listener.kill('SIGKILL');
    }
  });
});

describe('run --mail', () => {
  test('ends as the run does and mails what it wrote to stderr; stdout is its own', async () => {
    const world = watched();
    const ended = await stagelock(world, ['run', '--mail', 'main'], { environment: { CHECK: 'exit 3' } });
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(ended.stdout).toMatch(/main: failed\n$/);
    expect(world.mailbox.subjects).toEqual([expect.stringContaining('stagelock run main (exit code 1')]);
    world.commit(1);
    expect(await stagelock(world, ['run', '--mail', 'main'])).toMatchObject({ code: 0, stderr: '' });
    expect(world.mailbox.subjects).toHaveLength(1);
  });

  test('hands TERM to the run, and what it leaves when it is killed is mailed by the next', async () => {
    const world = watched();
    const stopped = start(world, ['run', '--mail', 'main'], { environment: { WORK: untilThereIs('finish') } });
    await untilThere(join(world.root, 'main', 'at-work'));
    stopped.kill('SIGTERM');
    expect((await stopped.ended).code).toBe(143);
    const unlock = await stagelock(world, ['unlock', 'main', '--yes']);
    expect(unlock.code).toBe(0);

    const killed = start(world, ['run', '--mail', 'main'], {
      environment: { WORK: untilThereIs('finish'), CHECK: 'exit 4' },
    });
    await until('the second run', () => world.lockFiles('main').includes('build'));
    const [job = ''] = readdirSync(join(world.root, 'stagelock.state', 'jobs')).filter((name) =>
      name.endsWith('.json'),
    );
    const { pid } = JSON.parse(readFileSync(join(world.root, 'stagelock.state', 'jobs', job), 'utf8'));
    killed.kill('SIGKILL');
    await until('the end of who has started it', () => !isRunning(killed.pid));
    writeFileSync(join(world.root, 'finish'), '');
    await until('the end of the run', () => !isRunning(pid));
    expect(world.mailbox.subjects).not.toContainEqual(expect.stringContaining('exit code 1:'));
    await stagelock(world, ['run', '--mail', 'main']);
    expect(world.mailbox.mails.filter(({ raw }) => raw.includes('check failed with exit code 4'))).toHaveLength(1);
  });

  test('mails a warning that stays the same once, and says when it is over; the end of the log is with it', async () => {
    const world = watched();
    expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
    world.commit(1);
    const first = await worlds.building(world, 'main');
    const log = openSync(join(world.root, 'cron.log'), 'w');
    writeSync(log, 'of an earlier time\n');
    for (let times = 0; times < 3; times++) {
      const ended = await stagelock(world, ['run', '--mail', 'main'], { stdout: log });
      expect(ended).toMatchObject({ code: 75, stderr: '' });
    }
    const [mail, ...more] = world.mailbox.mails;
    expect(more).toEqual([]);
    expect(mail?.raw).toContain('stagelock: main: not run, because an earlier run is still in progress.');
    expect(mail?.raw).toContain(`The end of ${join(world.root, 'cron.log')}:`);
    expect(mail?.raw).toContain('of an earlier time');
    worlds.finish(world);
    expect((await first.ended).code).toBe(0);
    expect(await stagelock(world, ['run', '--mail', 'main'], { stdout: log })).toMatchObject({ code: 0, stderr: '' });
    closeSync(log);
    const [, over, ...others] = world.mailbox.mails;
    expect(others).toEqual([]);
    expect(over?.raw).toMatch(
      /stagelock: main: runs again\. The problem of .* \(2 times more not reported\) is over\./,
    );
  });

  test('needs to know to whom', async () => {
    const world = worlds.make();
    const ended = await stagelock(world, ['run', '--mail', 'main']);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('--mail needs a table [mail]');
  });
});
