import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.js';
import { isRunning, missing, Running, STAGELOCK } from './programs.js';

const noSetpriv = missing('setpriv');
const STRATEGIES = ['lockdir', 'cifs', 'flock', 'fcntl'] as const;
const CLEANUP = join(import.meta.dirname, '../../dist/ct-cleanup-locks.js');

function start(args: readonly string[]): Running {
  const child: ChildProcess = spawn(process.execPath, [STAGELOCK, 'exec', ...args], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: '/',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Running(child);
}

const exec = (...args: readonly string[]) => start(args).ended;

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock exec-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  return directory;
}

/** A command that says its pid and runs until the named file is there. */
function untilGone(go: string): string[] {
  return ['--', 'sh', '-c', `echo $$ > "$0.$$.pid"; while ! test -e "$0"; do sleep 0.05; done`, go];
}

async function pidsOf(go: string, count: number): Promise<number[]> {
  const directory = join(go, '..');
  const files = (): string[] => readdirSync(directory).filter((name) => name.endsWith('.pid'));
  await until(`${count} run`, () => files().length === count);
  return files().map((name) => Number(name.split('.').at(-2)));
}

describe.each(STRATEGIES)('%s', (strategy) => {
  test('runs several together, skips one that wants to be alone, and says who they are', async () => {
    const directory = temporaryDirectory();
    const go = join(temporaryDirectory(), 'go');
    const lock = ['--lock', join(directory, 'test machine'), '--strategy', strategy];
    const sharers = [
      start([...lock, '--shared', ...untilGone(go)]),
      start([...lock, '--slots', '2', ...untilGone(go)]),
    ];
    await pidsOf(go, 2);
    const alone = await exec(...lock, '--', 'echo', 'ran');
    expect(alone).toMatchObject({ code: 75, stdout: '' });
    const [first, second] = alone.stderr.split('\n');
    const running = String.raw`pid \d+ on \S+ \(running for \d+ \w+\)`;
    expect(first).toMatch(new RegExp(`^stagelock: .*test machine: held together by ${running}, ${running}$`));
    for (const { pid } of sharers) expect(first).toContain(`pid ${pid} on `);
    expect(second).toBe('  echo was not run. Run it again later, or let it wait: --wait "10 min"');
    expect(await exec(...lock, '--shared', '--', 'echo', 'ran')).toMatchObject({
      code: 0,
      stdout: 'ran\n',
      stderr: '',
    });
    const last = exec(...lock, '--wait', '30', '--', 'echo', 'ran');
    writeFileSync(go, '');
    for (const sharer of sharers) expect(await sharer.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await last).toMatchObject({ code: 0, stdout: 'ran\n', stderr: '' });
  });

  test.skipIf(noSetpriv !== undefined)(
    `three seats: the fourth waits until one is killed${noSetpriv === undefined ? '' : ` (${noSetpriv})`}`,
    async () => {
      const directory = temporaryDirectory();
      const go = join(temporaryDirectory(), 'go');
      const lock = ['--lock', join(directory, 'seats'), '--strategy', strategy, '--slots', '3'];
      const holders = [1, 2, 3].map(() => start([...lock, ...untilGone(go)]));
      const pids = await pidsOf(go, 3);
      const skipped = await exec(...lock, '--', 'echo', 'ran');
      expect(skipped).toMatchObject({ code: 75, stdout: '' });
      for (const { pid } of holders) expect(skipped.stderr).toContain(`pid ${pid} on `);
      const fourth = start([...lock, '--wait', '30 s', '--', 'echo', 'ran']);
      holders[1]?.kill('SIGKILL');
      expect(await fourth.ended).toMatchObject({ code: 0, stdout: 'ran\n' });
      await until('its command has ended, too', () => pids.filter(isRunning).length === 2);
      const tooMany = await exec('--lock', join(directory, 'seats'), '--strategy', strategy, '--', 'true');
      expect(tooMany.code).toBe(75);
    },
  );

  test('SIGTERM ends a command, and a wait, and leaves nothing held', async () => {
    const directory = temporaryDirectory();
    const go = join(temporaryDirectory(), 'go');
    const lock = ['--lock', join(directory, 'x'), '--strategy', strategy];
    const run = start([...lock, '--slots', '1', ...untilGone(go)]);
    await pidsOf(go, 1);
    const waiting = start([...lock, '--slots', '1', '--wait', '50 s', '--', 'echo', 'ran']);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    waiting.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ code: 143, stdout: '', stderr: '' });
    run.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 143, stdout: '', stderr: '' });
    expect(await exec(...lock, '--', 'true')).toMatchObject({ code: 0, stderr: '' });
  });
});

test('a sharer on another host is left alone, and the message says what to remove', async () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'x.shared/share.4711.1.1.lockdir');
  for (const made of ['x.lockdir', 'x.shared', 'x.shared/share.4711.1.1.lockdir']) mkdirSync(join(directory, made));
  writeFileSync(join(directory, 'x.lockdir/pid'), '(shared):1');
  writeFileSync(join(path, 'pid'), 'elsewhere:4711');
  const lock = ['--lock', join(directory, 'x'), '--strategy', 'lockdir'];
  const { code, stderr } = await exec(...lock, '--', 'echo');
  expect(code).toBe(75);
  expect(stderr).toMatch(/held by pid 4711 on elsewhere \(unknown: only elsewhere can tell/);
  expect(stderr).toContain(`If pid 4711 on elsewhere is gone, remove the lock: rm -rf '${path}'\n`);
  rmSync(path, { recursive: true });
  const next = await exec(...lock, '--', 'echo', 'ran');
  expect(next).toMatchObject({ code: 0, stdout: 'ran\n' });
  expect(next.stderr).toContain('none of those who shared it is alive');
});

test('the clean-up removes what dead sharers have left, and nothing of living ones', async () => {
  const directory = temporaryDirectory();
  const go = join(temporaryDirectory(), 'go');
  const lock = ['--lock', join(directory, 'x'), '--strategy', 'lockdir', '--slots', '2'];
  const sharers = [start([...lock, ...untilGone(go)]), start([...lock, ...untilGone(go)])];
  await pidsOf(go, 2);
  const cleanUp = () =>
    execFileSync(process.execPath, [CLEANUP, `--objdir=${directory}`, '--min-lock-age=0'], { encoding: 'utf8' });
  const names = () => readdirSync(directory, { recursive: true }).sort();
  const before = names();
  cleanUp();
  expect(names()).toEqual(before);
  sharers[0]?.kill('SIGKILL');
  await sharers[0]?.ended;
  cleanUp();
  expect(existsSync(join(directory, 'x.lockdir'))).toBe(true);
  expect(names().filter((name) => String(name).includes('share.') && !String(name).endsWith('pid'))).toHaveLength(1);
  sharers[1]?.kill('SIGKILL');
  await sharers[1]?.ended;
  cleanUp();
  cleanUp();
  expect(names()).toEqual(['x.shared']);
});

test('the command finds the number of its slot in its environment', async () => {
  const lock = ['--lock', join(temporaryDirectory(), 'boards')];
  const says = ['--', 'sh', '-c', 'echo "$STAGELOCK_SLOT"'];
  expect(await exec(...lock, '--slots', '2', ...says)).toMatchObject({ code: 0, stdout: '2\n' });
  expect(await exec(...lock, '--slots', '1', ...says)).toMatchObject({ code: 0, stdout: '1\n' });
  expect(await exec(...lock, '--shared', ...says)).toMatchObject({ code: 0, stdout: '\n' });
});

test('what was not asked for is as before', async () => {
  const directory = temporaryDirectory();
  for (const strategy of STRATEGIES) {
    const lock = ['--lock', join(directory, strategy), '--strategy', strategy];
    expect(await exec(...lock, '--wait', '1', '--', 'true')).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  }
  expect(readdirSync(directory).sort()).toEqual(['cifs.lock', 'fcntl.lock', 'flock.lock']);
});

test('what is wrong with the command line', async () => {
  const directory = temporaryDirectory();
  const lock = ['--lock', join(directory, 'x')];
  const wrong = async (...args: string[]) => {
    const { code, stdout, stderr } = await exec(...lock, ...args, '--', 'true');
    expect([code, stdout]).toEqual([2, '']);
    return stderr;
  };
  expect(await wrong('--slots', '2', '--shared')).toBe(
    'stagelock: exec: --slots shares the lock already; leave out --shared\n',
  );
  for (const slots of ['0', '1001', 'x', '1.5', ''])
    expect(await wrong('--slots', slots)).toBe(`stagelock: --slots ${slots}: expected a number from 1 to 1000\n`);
  expect(readdirSync(directory)).toEqual([]);
});

test('a file in the place of its directory is refused', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'x.shared'), 'precious');
  const { code, stderr } = await exec('--lock', join(directory, 'x'), '--shared', '--', 'true');
  expect(code).toBe(73);
  expect(stderr).toBe(
    `stagelock: ${directory}/x.shared: is not a directory, so those who share a lock cannot use it; move it away\n`,
  );
  expect(readFileSync(join(directory, 'x.shared'), 'utf8')).toBe('precious');
});
