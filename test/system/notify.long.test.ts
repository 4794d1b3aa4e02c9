import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCursor } from '../../src/updates/cursor.js';
import { answering, Receiver, silent } from '../notify/receiver.js';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { eventsOf, hooked, notifying, pinged, states } from './notified.js';
import { type Ended, stagelock, start, untilThere } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
let receiver: Receiver;

beforeEach(async () => {
  receiver = await new Receiver().listen();
});

afterEach(async () => {
  await worlds.remove();
  await receiver.close();
});

const run = (world: World, check = '', build = 'main'): Promise<Ended> =>
  stagelock(world, ['run', build], { environment: { CHECK: check } });

const waiting = async (world: World) => (await stagelock(world, ['notify', '--json'])).stdout;

describe('a delivery that fails', () => {
  test('never changes the result of a run, is told once with its cause, and is made up for later', async () => {
    const world = notifying(worlds.make(), receiver);
    receiver.usual = answering(500, 'out of order');
    const first = await run(world);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('main: notify webhook: answers 500: out of order\n');
    expect(first.stderr).toContain('An event is waiting; later runs retry. To see what waits: stagelock notify');
    world.commit(1);
    expect(await run(world, 'exit 3')).toMatchObject({ code: 1 });
    expect(await run(world)).toMatchObject({ code: 0, stderr: '' });
    expect(world.lockFiles('main')).toEqual([]);
    expect((await stagelock(world, ['notify'])).stdout).toMatch(
      /^webhook: run of main, since .*, [1-3] attempts?\n {2}answers 500: out of order$/m,
    );

    receiver.usual = (answer) => void answer.end('OK');
    receiver.received.length = 0;
    expect(await stagelock(world, ['notify', '--send'])).toMatchObject({ code: 0, stderr: '' });
    expect(hooked(receiver)).toEqual(['run main', 'broken main', 'run main']);
    // Only the last one says how it is now, and no start comes after its end.
    expect(pinged(receiver)).toEqual(['']);
    expect(states(receiver)).toEqual(['success', 'failure']);
    expect((await stagelock(world, ['notify'])).stdout).toBe('no events are waiting\n');
    world.commit(1);
    expect((await run(world)).stderr).toMatch(
      /^stagelock: main: all events are delivered. The problem of .* is over.\n$/,
    );
  });

  test('by servers that hang keeps a run no longer than the limit, and no lock meanwhile', async () => {
    const world = notifying(worlds.make(), receiver, 'timeout = "1 s"');
    receiver.usual = silent;
    const began = performance.now();
    const ended = await run(world);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('main: notify ping: no answer within 1 s');
    expect(performance.now() - began).toBeLessThan(15_000);
    const next = start(world, ['run', 'main', '--force'], { environment: { CHECK: '' } });
    await until('the end of its locks', () => world.lockFiles('main').length === 0);
    expect((await next.ended).code).toBe(0);
  });

  test('for want of the token says so, with the command that helps, and the token gets nowhere', async () => {
    const world = notifying(worlds.make(), receiver);
    rmSync(join(world.root, 'token'));
    expect((await run(world)).stderr).toContain('main: notify commit_status: the token is missing: there is no ');
    writeFileSync(join(world.root, 'token'), 'hidden-token\n', { mode: 0o644 });
    expect((await stagelock(world, ['check', '--offline'])).stderr).toMatch(
      /notify\[2\]\.token_file: .*can be read by all users.*\n {2}chmod 600 /,
    );
    const sent = await stagelock(world, ['notify', '--send']);
    expect(sent.stderr).toContain('the token is not used');
    expect(`${sent.stderr}${await waiting(world)}`).not.toContain('hidden-token');
    expect(states(receiver)).toEqual([]);
  });

  test('because its spool cannot be written is told, and the build is what it is', async () => {
    const world = notifying(worlds.make(), receiver);
    writeFileSync(join(world.root, 'stagelock.state'), 'in the way');
    const ended = await run(world, 'exit 3');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('main: could not put an event for [[notify]] into its spool: ');
    expect(await run(world)).toMatchObject({ code: 0, stderr: '' });
    expect(world.lockFiles('main')).toEqual([]);
  });
});

describe('a run that is stuck', () => {
  test('on the locks of a dead one is told once, and pings a failure each time', async () => {
    const world = notifying(worlds.make(), receiver);
    const killed = await worlds.building(world, 'main', { environment: { CHECK: '' } });
    await until('its start', () => pinged(receiver).length === 1);
    killed.kill('SIGKILL');
    await killed.ended;
    worlds.finish(world);
    await worlds.idle(world);
    for (let time = 1; time <= 2; time++) expect(await run(world)).toMatchObject({ code: 75 });
    expect(hooked(receiver)).toEqual(['stuck main']);
    expect(pinged(receiver)).toEqual(['/start', '/75', '/75']);
    const [stuck] = eventsOf(receiver.received);
    expect(stuck).toMatchObject({ result: 'held', exitCode: 75, locks: [{ build: 'main', fate: 'dead' }] });
    expect(stuck?.headline).toMatch(/^the run of main on .* is dead and has left its lock \(.*\/running\)$/);
    expect(stuck?.message.join('\n')).toContain('unlock main');
    // Cleared and stuck anew, it is news again.
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0 });
    expect(await run(world)).toMatchObject({ code: 0 });
    expect(hooked(receiver)).toEqual(['stuck main', 'run main']);
  });

  test('behind one that is alive and well says nothing, and does not ping', async () => {
    const world = notifying(worlds.make(), receiver);
    const building = await worlds.building(world, 'main', { environment: { CHECK: '' } });
    expect(await run(world)).toMatchObject({ code: 75 });
    await until('its start', () => pinged(receiver).length === 1);
    expect(hooked(receiver)).toEqual([]);
    worlds.finish(world);
    expect(await building.ended).toMatchObject({ code: 0 });
    expect(pinged(receiver)).toEqual(['/start', '']);
  });

  test('because it waited too long for others is told once', async () => {
    const world = notifying(
      worlds.make({ primary: 'when_secondaries_build = "wait"\nsecondaries_timeout = "1 s"' }),
      receiver,
    );
    await run(world);
    await run(world, '', 's1');
    receiver.received.length = 0;
    world.commit(1);
    const building = start(world, ['run', 's1', '--force'], {
      environment: {
        CHECK: '',
        WORK: `: > '${world.root}/there'; while [ ! -e '${world.root}/finish' ]; do sleep 0.05; done`,
      },
    });
    await untilThere(join(world.root, 'there'));
    for (let time = 1; time <= 2; time++) expect(await run(world)).toMatchObject({ code: 75 });
    const waited = eventsOf(receiver.received).filter(({ event }) => event === 'waited');
    expect(waited).toMatchObject([
      {
        build: 'main',
        result: 'wait-timed-out',
        locks: [{ build: 's1', fate: 'alive' }],
        waits: [{ lock: 'running.s1' }],
      },
    ]);
    worlds.finish(world);
    expect(await building.ended).toMatchObject({ code: 0 });
  });
});

describe('a run that dies', () => {
  test('after its stages have ended takes no event along, and what follows is told as well', async () => {
    const world = notifying(worlds.make({ primary: 'linger = "60 s"' }), receiver);
    const killed = start(world, ['run', 'main'], { environment: { CHECK: 'exit 3' } });
    await until(
      'the end of its stages',
      () => readCursor(world.build('main').directory, 'main').kind === 'cursor' && /lingers/.test(killed.output),
      20_000,
    );
    killed.kill('SIGKILL');
    await killed.ended;
    await worlds.idle(world);
    expect(hooked(receiver)).toEqual([]);
    expect(await stagelock(world, ['notify', '--send'])).toMatchObject({ code: 0 });
    expect(hooked(receiver)).toEqual(['broken main']);
    expect(states(receiver)).toEqual(['pending', 'failure']);
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0 });
    writeFileSync(world.configFile, readFileSync(world.configFile, 'utf8').replace('linger = "60 s"', ''));
    world.commit(1);
    expect(await run(world, 'exit 3')).toMatchObject({ code: 1 });
    world.commit(1);
    expect(await run(world)).toMatchObject({ code: 0 });
    expect(hooked(receiver).filter((each) => !each.startsWith('run'))).toEqual(['broken main', 'fixed main']);
  });
});

describe('runs at the same time', () => {
  test('are told apart at a dead-man service by their ids', async () => {
    const world = notifying(worlds.make(), receiver);
    await run(world);
    receiver.received.length = 0;
    world.commit(1);
    const main = await worlds.building(world, 'main', { environment: { CHECK: '' } });
    const s1 = await worlds.building(world, 's1', { environment: { CHECK: 'exit 3' } });
    await until('both starts', () => pinged(receiver).length === 2);
    worlds.finish(world);
    expect([(await main.ended).code, (await s1.ended).code]).toEqual([0, 1]);
    const byRun = new Map<string, string>();
    for (const path of receiver.paths.filter((path) => path.startsWith('/ping'))) {
      const [what = '', rid = ''] = path.split('?rid=');
      byRun.set(rid, `${byRun.get(rid) ?? ''} ${what}`);
    }
    expect([...byRun.values()].sort()).toEqual([' /ping/start /ping', ' /ping/start /ping/1']);
  });

  test('an interrupted one leaves its end in the spool, and the next run delivers it', async () => {
    const world = notifying(worlds.make(), receiver);
    const building = await worlds.building(world, 'main', { environment: { CHECK: '' } });
    await until('its start', () => pinged(receiver).length === 1);
    building.kill('SIGTERM');
    expect(await building.ended).toMatchObject({ code: 143 });
    expect(pinged(receiver)).toEqual(['/start']);
    expect(await stagelock(world, ['notify', '--send'])).toMatchObject({ code: 0 });
    expect(pinged(receiver)).toEqual(['/start', '/143']);
    expect(states(receiver)).toEqual(['pending', 'error']);
  });
});

describe('a scheduler', () => {
  test('tries again what a run could not deliver', async () => {
    const world = notifying(worlds.make({ primary: 'schedule = "0 3 1 1 *"' }), receiver);
    receiver.usual = answering(500);
    expect(await run(world)).toMatchObject({ code: 0 });
    receiver.usual = (answer) => void answer.end('OK');
    receiver.received.length = 0;
    // A minute after the last attempt.
    const scheduler = start(world, ['schedule']);
    await until('the events', () => hooked(receiver).length === 1 && pinged(receiver).length === 1, 90_000);
    scheduler.kill('SIGTERM');
    expect(await scheduler.ended).toMatchObject({ code: 0 });
  }, 150_000);
});
