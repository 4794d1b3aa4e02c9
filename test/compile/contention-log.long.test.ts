import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { until } from '../support/until.js';
import { helper, LOCK_NAMES, LOCKS, pidIn, script, start, temporaryDirectory } from './helper.js';

const PRODUCER = 'echo $$ > self; while [ -e self ]; do sleep 0.02; done; printf product > "$last"';

describe('CT_LOCK_LOG', () => {
  test.each(LOCK_NAMES)('gets a line from who had to wait (%s)', async (strategy) => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const env = { ...process.env, CT_LOCK_LOG: log };
    const produce = script(directory, 'produce', PRODUCER);
    const quick = script(directory, 'quick', 'sleep 0.1; printf product > "$last"');
    const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--'];
    const holder = start([...args, produce], { cwd: directory, env });
    await pidIn(join(directory, 'self'));
    expect(existsSync(join(directory, `a.o${LOCKS[strategy]}`))).toBe(true);
    const waiter = start([...args, quick], { cwd: directory, env });
    await sleep(1500);
    rmSync(join(directory, 'self'));
    expect([(await holder.ended).end, (await waiter.ended).end]).toEqual([0, 0]);

    const text = readFileSync(log, 'utf8');
    expect(text).toMatch(/^[^\n]+\n$/); // the holder has not waited
    const line = JSON.parse(text);
    const host = thisHost().name;
    expect(line).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      target: join(directory, 'a.o'),
      strategy,
      owner: `${host}:${holder.pid}`,
      by: `${host}:${waiter.pid}`,
      waitedMs: expect.any(Number),
      heldMs: expect.any(Number),
    });
    expect(Math.abs(Date.parse(line.at) - Date.now())).toBeLessThan(60_000);
    expect(line.waitedMs).toBeGreaterThan(50);
    expect(line.heldMs).toBeGreaterThanOrEqual(95);
    expect(Number.isInteger(line.waitedMs) && Number.isInteger(line.heldMs)).toBe(true);
  });

  test('that cannot be written is a warning of who waited, and follows no symbolic link', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'precious'), 'precious');
    symlinkSync('precious', join(directory, 'log'));
    const env = { ...process.env, CT_LOCK_LOG: join(directory, 'log') };
    const produce = script(directory, 'produce', PRODUCER);
    const quick = script(directory, 'quick', 'printf product > "$last"');
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--'];
    const holder = start([...args, produce], { cwd: directory, env });
    await pidIn(join(directory, 'self'));
    const waiter = start([...args, quick], { cwd: directory, env });
    await sleep(1500);
    rmSync(join(directory, 'self'));
    expect(await holder.ended).toEqual({ end: 0, stdout: '', stderr: '' });
    const { end, stderr } = await waiter.ended;
    expect(end).toBe(0);
    expect(stderr).toMatch(/^ct-lock-helper: CT_LOCK_LOG[^\n]*\n$/);
    expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('precious');
  });

  test('is not made when nobody waits', async () => {
    const directory = temporaryDirectory();
    const quick = script(directory, 'quick', 'printf product > "$last"');
    const env = { ...process.env, CT_LOCK_LOG: join(directory, 'log') };
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--', quick];
    expect((await helper(args, { cwd: directory, env })).end).toBe(0);
    expect(existsSync(join(directory, 'log'))).toBe(false);
    expect(statSync(join(directory, 'a.o')).size).toBe(7);
  });

  test('gets one line from each of many', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const env = { ...process.env, CT_LOCK_LOG: log };
    const quick = script(directory, 'quick', 'sleep 0.05; printf product > "$last"');
    const args = ['compile', '--target=a.o', '--', quick];
    await Promise.all(Array.from({ length: 8 }, () => helper(args, { cwd: directory, env })));
    await until('somebody has waited', () => existsSync(log));
    const lines = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ by }) => by)).size).toBe(lines.length);
    expect(lines.length).toBeLessThan(8);
  });
});
