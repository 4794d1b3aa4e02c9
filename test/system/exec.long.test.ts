import { type ChildProcess, spawn } from 'node:child_process';
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
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { noOtherUser } from '../support/other-user.js';
import { until } from '../support/until.js';
import { isRunning, missing, Running, STAGELOCK, untilThere } from './programs.js';

const noUsers = noOtherUser;
const noSetpriv = missing('setpriv');
const noTerminal = missing('script');
const STRATEGIES = ['lockdir', 'cifs', 'flock', 'fcntl'] as const;

interface Start {
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly environment?: NodeJS.ProcessEnv;
}

/** Starts `stagelock exec` as cron does: no terminal, no standard input, next to no environment. */
function start(args: readonly string[], { user, environment }: Start = {}): Running {
  const child: ChildProcess = spawn(process.execPath, [STAGELOCK, 'exec', ...args], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: '/',
    ...user,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Running(child);
}

const exec = (args: readonly string[], options: Start = {}) => start(args, options).ended;

/** A new directory that is removed when the test ends. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-exec-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  return directory;
}

/** Holds the lock until the named file is there. */
function holder(lock: string, go: string, ...more: string[]): Running {
  return start([
    '--lock',
    lock,
    ...more,
    '--',
    'sh',
    '-c',
    `echo $$ > ${go}.pid; while ! test -e ${go}; do sleep 0.05; done`,
  ]);
}

async function pidIn(file: string): Promise<number> {
  await until(file, () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  return Number(readFileSync(file, 'utf8'));
}

test('runs the command with its arguments, output and exit code, and says nothing itself', async () => {
  const lock = join(temporaryDirectory(), 'nightly');
  const ended = await exec([
    '--lock',
    lock,
    '--',
    'sh',
    '-c',
    'echo "$@"; echo err >&2; exit 3',
    'sh',
    '--',
    '-c',
    'a b',
    '',
  ]);
  expect(ended).toEqual({ code: 3, signal: null, stdout: '-- -c a b \n', stderr: 'err\n' });
  expect(await exec(['--lock', lock, '--', 'true'])).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
});

test('the command inherits neither the lock nor its file', async () => {
  for (const strategy of STRATEGIES) {
    const lock = join(temporaryDirectory(), 'x');
    const { stdout } = await exec(['--lock', lock, '--strategy', strategy, '--', 'sh', '-c', 'ls -l /proc/$$/fd']);
    expect(stdout).not.toContain(lock);
    // What it leaves in the background does not keep the lock.
    const left = `${lock}.left`;
    await exec(['--lock', lock, '--strategy', strategy, '--', 'sh', '-c', `sleep 60 >&- 2>&- & echo $! > ${left}`]);
    const pid = await pidIn(left);
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    expect(await exec(['--lock', lock, '--strategy', strategy, '--', 'echo', 'free'])).toMatchObject({
      stdout: 'free\n',
    });
  }
});

describe.each(STRATEGIES)('%s', (strategy) => {
  test('skips what another one is doing, and says who, since when and what to do', async () => {
    const directory = temporaryDirectory();
    const lock = join(directory, 'nightly');
    const go = join(directory, 'go');
    const first = holder(lock, go, '--strategy', strategy);
    await pidIn(`${go}.pid`);
    const second = await exec(['--lock', lock, '--strategy', strategy, '--', 'echo', 'ran']);
    expect(second).toMatchObject({ code: 75, stdout: '' });
    const pattern = new RegExp(
      String.raw`^stagelock: \S+nightly: held by pid ${first.pid} on \S+ \(running for \d+ \w+\)\n {2}echo was not run. Run it again later, or let it wait: --wait "10 min"\n$`,
    );
    expect(second.stderr).toMatch(pattern);
    expect(await exec(['-q', '--lock', lock, '--strategy', strategy, '--', 'echo'])).toEqual({
      code: 75,
      signal: null,
      stdout: '',
      stderr: '',
    });
    writeFileSync(go, '');
    expect(await first.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('waits as long as told, quietly, and one after the other', async () => {
    const directory = temporaryDirectory();
    const lock = join(directory, 'nightly');
    const file = join(directory, 'inside');
    // Fails when another one is inside.
    const command = `set -C; : > ${file} || exit 9; sleep 0.1; rm ${file}`;
    const runs = [1, 2, 3, 4].map(() =>
      exec(['--lock', lock, '--wait', '50 s', '--strategy', strategy, '--', 'sh', '-c', command]),
    );
    for (const run of await Promise.all(runs)) expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test.skipIf(noSetpriv !== undefined)(
    `SIGKILL ends the command, too, and the lock is free again${noSetpriv === undefined ? '' : ` (${noSetpriv})`}`,
    async () => {
      const directory = temporaryDirectory();
      const lock = join(directory, 'nightly');
      const run = holder(lock, join(directory, 'go'), '--strategy', strategy);
      const pid = await pidIn(join(directory, 'go.pid'));
      run.kill('SIGKILL');
      await until('the command has ended', () => !isRunning(pid));
      const next = await exec(['--lock', lock, '--strategy', strategy, '--', 'echo', 'ran']);
      expect(next).toMatchObject({ code: 0, stdout: 'ran\n' });
      // That an earlier run was killed is news; the kernel's own locks do not tell.
      if (strategy === 'lockdir' || strategy === 'cifs') {
        expect(next.stderr).toContain(`removed the stale lock on ${lock} of pid `);
      } else expect(next.stderr).toBe('');
    },
  );

  test('SIGTERM ends the command with all that it started, and only then gives the lock back', async () => {
    const directory = temporaryDirectory();
    const lock = join(directory, 'nightly');
    const child = join(directory, 'child');
    const command = `setsid sh -c 'trap "" TERM; echo $$ > ${child}; while :; do sleep 0.1; done' & wait`;
    const run = start(['--lock', lock, '--strategy', strategy, '--', 'sh', '-c', command]);
    const pid = await pidIn(child);
    run.kill('SIGTERM');
    const next = exec([
      '--lock',
      lock,
      '--wait',
      '30',
      '--strategy',
      strategy,
      '--',
      'sh',
      '-c',
      `grep State: /proc/${pid}/status`,
    ]);
    expect(await run.ended).toMatchObject({ code: 143, stdout: '', stderr: '' });
    expect(isRunning(pid)).toBe(false);
    expect((await next).stdout).not.toMatch(/[RSD] \(/); // it may be a zombie that its parent has not reaped yet
  });
});

test('a wait that runs out says so', async () => {
  const directory = temporaryDirectory();
  const lock = join(directory, 'nightly');
  holder(lock, join(directory, 'go'));
  await pidIn(join(directory, 'go.pid'));
  const { code, stderr } = await exec(['--lock', lock, '--wait', '200 ms', '--', 'echo']);
  expect(code).toBe(75);
  expect(stderr).toContain('\n  echo was not run after 200 ms. Run it again later, or let it wait longer (--wait)\n');
});

test('SIGTERM ends a wait and leaves the lock of the other one alone', async () => {
  const directory = temporaryDirectory();
  const lock = join(directory, 'nightly');
  const first = holder(lock, join(directory, 'go'), '--strategy', 'lockdir');
  await pidIn(join(directory, 'go.pid'));
  const second = start(['--lock', lock, '--strategy', 'lockdir', '--wait', '50 s', '--', 'echo', 'ran']);
  // Once it watches the directory it has its handlers for signals; Node starts in some tenths of a second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  second.kill('SIGTERM');
  expect(await second.ended).toMatchObject({ code: 143, stdout: '', stderr: '' });
  expect(readFileSync(join(`${lock}.lockdir`, 'pid'), 'utf8')).toContain(`:${first.pid}`);
});

test('a lock of another host is left alone, and says how to remove it', async () => {
  const lock = join(temporaryDirectory(), 'it is mine');
  mkdirSync(`${lock}.lockdir`);
  writeFileSync(`${lock}.lockdir/pid`, 'elsewhere:4711');
  const { code, stderr } = await exec(['--lock', lock, '--strategy', 'lockdir', '--', 'echo']);
  expect(code).toBe(75);
  expect(stderr).toMatch(/held by pid 4711 on elsewhere \(unknown: only elsewhere can tell/);
  expect(stderr).toContain(`If pid 4711 on elsewhere is gone, remove the lock: rm -rf '${lock}.lockdir'\n`);
});

test('the directory agrees on one strategy, so that all hosts use the same', async () => {
  const directory = temporaryDirectory();
  await exec(['--lock', join(directory, 'x'), '--', 'true']);
  expect(readFileSync(join(directory, '.lock-strategy'), 'utf8')).toMatch(/^(flock|lockdir)\n$/);
  writeFileSync(join(directory, '.lock-strategy'), 'lockdir\n');
  const { stdout } = await exec(['--lock', join(directory, 'x'), '--', 'ls', directory]);
  expect(stdout.split('\n')).toContain('x.lockdir');
});

test('what is wrong with the command line', async () => {
  const lock = join(temporaryDirectory(), 'x');
  const wrong = async (...args: string[]) => {
    const { code, stdout, stderr } = await exec(args);
    expect([code, stdout]).toEqual([2, '']);
    return stderr;
  };
  expect(await wrong('--', 'true')).toContain("required option '--lock <path>' not specified");
  expect(await wrong('--lock', lock)).toContain("missing required argument 'command'");
  expect(await wrong('--lock', lock, '--', '')).toBe('stagelock: exec: the command to run is empty\n');
  expect(await wrong('--lock', lock, '--strategy', 'lokdir', '--', 'true')).toBe(
    'stagelock: --strategy lokdir is unknown; there are: lockdir, cifs, flock, fcntl, etcd; did you mean `lockdir`?\n',
  );
  for (const wait of ['soon', '-1', '1 fortnight', '']) {
    expect(await wrong('--lock', lock, '--wait', wait, '--', 'true')).toContain(`--wait ${wait}: expected a duration`);
  }
  expect(await wrong('--lock', lock, '--wait', '30 d', '--', 'true')).toContain('--wait 30 d: at most 24 d');
  expect(readdirSync(join(lock, '..'))).toEqual([]);
});

test('a command that cannot be started, or dies of a signal', async () => {
  const directory = temporaryDirectory();
  const lock = join(directory, 'x');
  const missing = await exec(['--lock', lock, '--', join(directory, 'missing')]);
  expect(missing.code).toBe(127);
  expect(missing.stderr).toMatch(/^stagelock: cannot start \S+missing: .*ENOENT\n$/);
  expect(await exec(['--lock', lock, '--', 'sh', '-c', 'kill -9 $$'])).toMatchObject({ code: 137, stderr: '' });
});

test('a directory that is missing, or is none', async () => {
  const directory = temporaryDirectory();
  const missing = await exec(['--lock', join(directory, 'no', 'x'), '--', 'true']);
  expect(missing).toMatchObject({ code: 70, stdout: '' });
  expect(missing.stderr).toBe(`stagelock: ${directory}/no/x: ${directory}/no does not exist\n`);
  writeFileSync(join(directory, 'file'), '');
  const none = await exec(['--lock', join(directory, 'file', 'x'), '--', 'true']);
  expect(none).toMatchObject({
    code: 70,
    stderr: `stagelock: ${directory}/file/x: ${directory}/file is not a directory\n`,
  });
});

test.skipIf(noUsers !== undefined)(
  `a directory that may not be written${noUsers === undefined ? '' : ` (${noUsers})`}`,
  async () => {
    const directory = temporaryDirectory();
    const user = { uid: 61_001, gid: 61_000 };
    for (const more of [[], ['--strategy', 'lockdir']]) {
      const { code, stdout, stderr } = await exec(['--lock', join(directory, 'x'), ...more, '--', 'echo', 'ran'], {
        user,
      });
      expect([code, stdout]).toEqual([70, '']);
      expect(stderr).toMatch(
        /^stagelock: \S+: no permission to make a lock in \S+; the directory needs group write permission .*\n$/,
      );
    }
    expect(readdirSync(directory)).toEqual([]);
  },
);

test.skipIf(noTerminal !== undefined)(
  `Ctrl-C on a terminal ends the command${noTerminal === undefined ? '' : ` (${noTerminal})`}`,
  async () => {
    const directory = temporaryDirectory();
    const started = join(directory, 'started');
    const command = `exec ${process.execPath} ${STAGELOCK} exec --lock ${directory}/x -- sh -c 'echo $$ > ${started}; sleep 60'`;
    const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      stdio: 'pipe',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const run = new Running(child);
    await untilThere(started);
    run.type('\u0003');
    expect((await run.ended).code).toBe(130);
    expect(isRunning(await pidIn(started))).toBe(false);
    expect(await exec(['--lock', join(directory, 'x'), '--', 'true'])).toMatchObject({ code: 0, stderr: '' });
  },
);

test('the holder is named by its host', async () => {
  const directory = temporaryDirectory();
  const lock = join(directory, 'x');
  const run = holder(lock, join(directory, 'go'), '--strategy', 'lockdir');
  await pidIn(join(directory, 'go.pid'));
  expect(readFileSync(`${lock}.lockdir/pid`, 'utf8')).toMatch(new RegExp(`^${hostname()}(/pid-\\d+)?:${run.pid}$`));
});
