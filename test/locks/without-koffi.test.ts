import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import type { BreakResult, Inspection } from '../../src/locks/index.js';
import { lockOf } from './kinds.js';
import { because, Contender, deadPid, temporaryDirectory, together, withoutKoffi, works } from './processes.js';

const canHelp = works('sh', '-c', 'command -v flock');
const here = thisHost().name;

/** Copies of dist/ from which no package can be resolved, as where npm had no binary of koffi for the machine. */
const start = (action: ConstructorParameters<typeof Contender>[0], options: object, more = {}): Contender =>
  new Contender(action, options, { environment: { LOCKS_MODULE: withoutKoffi(), ...more } });

describe('without koffi', () => {
  test('flock becomes a file made with O_EXCL', async () => {
    const directory = temporaryDirectory();
    const target = join(directory, 'x.o');
    const holder = start('hold', { target, strategy: 'flock' });
    expect(await holder.line()).toBe('held');
    expect(readdirSync(directory).sort()).toEqual(['x.o.lock', 'x.o.lock.pid']);
    expect(readFileSync(`${target}.lock.pid`, 'utf8')).toBe(`${here}:${holder.pid}`);
    expect(await start('inspect', { target, strategy: 'flock' }).json<Inspection>()).toMatchObject({
      kind: 'held',
      owner: { host: here, pid: holder.pid },
      judgement: { fate: 'alive' },
    });
    holder.say();
    expect(await holder.line()).toBe('released');
    expect(readdirSync(directory)).toEqual(['x.o.lock']);
  });

  test('fcntl is an error that names the remedy', async () => {
    const target = join(temporaryDirectory(), 'x.o');
    const text = await start('hold', { target, strategy: 'fcntl' }).line().then(String, String);
    expect(text).toContain('npm package koffi; use lockdir instead');
  });

  test.skipIf(!canHelp)(
    `a stale lock is removed with the help of flock(1)${because(canHelp, 'no flock(1)')}`,
    async () => {
      for (const strategy of ['flock', 'lockdir', 'cifs']) {
        const directory = temporaryDirectory();
        const target = join(directory, 'x.o');
        const first = start('hold', { target, strategy });
        await first.line();
        await first.kill();
        const second = start('hold', { target, strategy });
        expect(await second.line()).toBe('held');
        expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      }
    },
  );

  test.skipIf(!canHelp)(
    `a stale lock stays while another process of this host is removing one${because(canHelp, 'no flock(1)')}`,
    async () => {
      const target = join(temporaryDirectory(), 'x.o');
      writeFileSync(`${target}.lock.excl`, `${here}:${deadPid()}`);
      const busy = new Contender('flockAs', { path: '/proc/self/ns/pid', shared: true });
      expect(await busy.line()).toBe('held');
      const why = expect.stringContaining('is removing locks right now');
      expect(await start('breakLock', { target, strategy: 'cifs' }).json()).toEqual({ kind: 'refused', why });
      await busy.kill();
      expect(await start('breakLock', { target, strategy: 'cifs' }).json()).toEqual({ kind: 'broken' });
    },
  );

  test('a stale lock stays, with a reason, where there is no flock(1) either', async () => {
    const target = join(temporaryDirectory(), 'x.o');
    writeFileSync(`${target}.lock.excl`, `${here}:${deadPid()}`);
    const nothing = temporaryDirectory();
    const answer = await start('breakLock', { target, strategy: 'cifs' }, { PATH: nothing }).json<BreakResult>();
    expect(answer).toEqual({ kind: 'refused', why: expect.stringContaining('nothing on this host can serialise') });
    expect(lockOf('cifs', target).inspect()).toMatchObject({ kind: 'held', judgement: { fate: 'dead' } });
  });

  test('an empty marker of an older tool is respected', async () => {
    const target = join(temporaryDirectory(), 'x.o');
    writeFileSync(`${target}.lock.pid`, '');
    expect((await start('breakLock', { target, strategy: 'flock' }).json<BreakResult>()).kind).toBe('refused');
    const yesterday = Date.now() / 1000 - 86_400;
    utimesSync(`${target}.lock.pid`, yesterday, yesterday);
    expect((await start('breakLock', { target, strategy: 'flock' }).json<BreakResult>()).kind).toBe('broken');
  });

  test('flock still lets in one at a time', async () => {
    const directory = temporaryDirectory();
    const options = { target: join(directory, 'x.o'), strategy: 'flock', rounds: 300 };
    const contenders = Array.from({ length: 3 }, () => start('contend', { ...options, witnessPath: `${directory}/w` }));
    expect(await together(contenders)).toEqual(Array(3).fill({ rounds: 300, overlaps: 0, lost: 0 }));
  });

  test.skipIf(!canHelp)(`nobody is let in twice through stale locks${because(canHelp, 'no flock(1)')}`, async () => {
    const directory = temporaryDirectory();
    const target = join(directory, 'x.o');
    const options = { target, strategy: 'flock', seconds: 2, leastRounds: 4, witnessPath: join(directory, 'witness') };
    const all = { ...options, deadPid: deadPid(), record: `${target}.lock.pid` };
    const counts = await together<{ rounds: number; overlaps: number; broken: number }>(
      Array.from({ length: 3 }, () => start('scavenge', all)),
    );
    const sum = (of: (count: (typeof counts)[number]) => number): number => counts.map(of).reduce((a, b) => a + b);
    expect(sum((count) => count.overlaps)).toBe(0);
    expect(sum((count) => count.rounds)).toBeGreaterThanOrEqual(12);
    expect([0, 1]).toContain(sum((count) => count.rounds) - sum((count) => count.broken));
  });
});
