import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { qualifiedName, thisHost } from '../../src/host/host.js';
import { parseStat } from '../../src/host/process-stat.js';
import {
  because,
  Contender,
  canBeOtherUser,
  canMount,
  canUnsharePids,
  deadPid,
  OTHER_USER,
  temporaryDirectory,
} from '../locks/processes.js';
import { noOtherUser } from '../support/other-user.js';

interface Facts {
  readonly name: string;
  readonly pid: number;
  readonly now: number;
  readonly of: { readonly kind: string; readonly startedMs?: number };
}

describe('a line of /proc/PID/stat', () => {
  const line = (command: string, state: string, threads: number, start: number): string =>
    `42 (${command}) ${state} 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 ${threads} 0 ${start} 1000 200 18446744073709551615 1 1`;

  test('is read whatever the command is called', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 15 }),
        fc.nat(),
        fc.constantFrom('R', 'S', 'D', 'T', 't', 'I'),
        (name, start, state) => {
          expect(parseStat(line(name, state, 1, start))).toMatchObject({ zombie: false, startTicks: start });
        },
      ),
    );
  });

  test.each(['a) Z 1 1 (b', ') S 1 2 3', 'x) R'])('is not fooled by a command called %j', (name) => {
    expect(parseStat(line(name, 'R', 1, 77))).toMatchObject({ zombie: false, startTicks: 77 });
    expect(parseStat(line(name, 'Z', 1, 77))).toMatchObject({ zombie: true, startTicks: 77 });
  });

  test('of a zombie whose other threads still run is that of a running process', () => {
    expect(parseStat(line('node', 'Z', 1, 5))?.zombie).toBe(true);
    expect(parseStat(line('node', 'X', 1, 5))?.zombie).toBe(true);
    expect(parseStat(line('node', 'Z', 11, 5))?.zombie).toBe(false);
  });

  test.each(['', 'nonsense', '42 (x) R 1 2 3'])('that is none (%j) tells nothing', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('a process', () => {
  test('that has ended is absent', () => {
    expect(thisHost().process(deadPid())).toEqual({ kind: 'absent' });
  });

  test('that runs started when it started', async () => {
    const before = Date.now();
    const child = spawn('sleep', ['60']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const facts = thisHost().process(child.pid ?? 0);
    expect(facts.kind).toBe('running');
    if (facts.kind !== 'running') return;
    expect(Math.abs((facts.startedMs ?? 0) - before)).toBeLessThan(1500);
  });

  test('whose parent does not ask for its exit status is a zombie', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    await expect.poll(() => thisHost().process(Number(line))).toEqual({ kind: 'zombie' });
  });

  test.skipIf(!canBeOtherUser)(`of another user is a process, too${because(canBeOtherUser, noOtherUser)}`, async () => {
    const other = new Contender('facts', { pid: process.pid }, { through: OTHER_USER });
    expect((await other.json<Facts>()).of.kind).toBe('running');
  });

  test.skipIf(!canMount)(
    `does not look younger than it is where lxcfs shows the uptime of a container${because(canMount, 'cannot mount')}`,
    async () => {
      const uptime = join(temporaryDirectory(), 'uptime');
      writeFileSync(uptime, '12.34 12.34\n'); // this host runs for longer than that
      const script = `mount --bind ${uptime} /proc/uptime && exec "$@"`;
      const inside = new Contender(
        'facts',
        { pid: process.pid },
        { through: ['unshare', '-m', 'sh', '-c', script, 'sh'] },
      );
      const { of } = await inside.json<Facts>();
      const own = thisHost().process(process.pid);
      if (own.kind !== 'running' || own.startedMs === undefined) throw new Error('we do not run?');
      expect(of.startedMs).toBeDefined();
      expect(of.startedMs ?? Number.NaN).toBeLessThan(own.startedMs + 1000);
    },
  );
});

describe('the name of a host', () => {
  test('is the plain one in its first PID namespace, as older tools write it', () => {
    expect(qualifiedName('builder', '4026531836')).toBe('builder');
    expect(qualifiedName('builder', undefined)).toBe('builder');
  });

  test('names any other PID namespace', () => {
    expect(qualifiedName('builder', '4026532178')).toBe('builder/pid-4026532178');
  });

  test.skipIf(!canUnsharePids)(
    `differs in a container of the same host name${because(canUnsharePids, 'unshare -p is not permitted')}`,
    async () => {
      const inside = new Contender('facts', {}, { through: ['unshare', '-p', '-f', '--mount-proc'] });
      const { name, pid } = await inside.json<Facts>();
      expect(pid).toBe(1);
      expect(name).not.toBe(thisHost().name);
      expect(name).toMatch(new RegExp(`^${hostname()}/pid-\\d+$`));
    },
  );
});
