import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeProgress } from '../../src/cleanup/progress-bar.js';
import { HAS_SCRIPT } from '../compile/helper.js';
import { because, deadPid } from '../locks/processes.js';
import { cleaner, everything, leaveFile, leaveLock, objectDirectory, recordOf } from './cleaner.js';

const RANDOM = '0123456789abcdef';

/** Two stale locks, a temporary, and a lock of another host. */
function littered(): string {
  const directory = objectDirectory();
  const dead = deadPid();
  leaveLock('lockdir', join(directory, 'a.o'), recordOf(dead));
  leaveLock('cifs', join(directory, 'b.o'), recordOf(dead));
  leaveFile(join(directory, `b.o.${dead}.${RANDOM}.tmp`));
  leaveLock('lockdir', join(directory, 'c.o'), 'elsewhere:4711');
  return directory;
}

describe('what is told', () => {
  test('one line for each thing removed, and a summary', async () => {
    const directory = littered();
    const { stdout, stderr, code } = await cleaner(['--objdir', directory, '--ssh-timeout=0']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines).toContainEqual(
      expect.stringMatching(/^removed \S+\/a\.o\.lockdir, lock of \S+:\d+: its process no longer exists$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^removed \S+\.tmp, temporary: its process no longer exists, and no process holds the lock$/,
      ),
    );
    expect(lines.at(-1)).toMatch(
      /^2 stale locks and 1 orphaned temporary removed; kept: 1 unknown; 1 directory in \d+\.\d s$/,
    );
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(everything(directory)).toEqual(['c.o.lockdir', 'c.o.lockdir/pid']);
  });

  test('with -v also what is kept, and why', async () => {
    const { stdout } = await cleaner(['-v', '--objdir', littered(), '--ssh-timeout=0', '--dry-run']);
    expect(stdout).toMatch(
      /^kept, unknown: \S+c\.o\.lockdir, lock of elsewhere:4711: only elsewhere can tell .*not asked$/m,
    );
    expect(stdout).toMatch(/^would remove \S+a\.o\.lockdir, /m);
    expect(stdout).toMatch(/^2 stale locks and 1 orphaned temporary would be removed; /m);
  });

  test('with -q nothing but what went wrong', async () => {
    const directory = littered();
    expect(await cleaner(['-q', '--objdir', directory, '--ssh-timeout=0'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(everything(directory)).toHaveLength(2);
    const missing = await cleaner(['-q', `--objdir=${directory}/none`]);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toBe(`ct-cleanup-locks: ${directory}/none: there is no such directory\n`);
  });

  test('with --json everything, and nothing else', async () => {
    const { stdout } = await cleaner(['--json', '--objdir', littered(), '--ssh-timeout=0']);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ dryRun: false, directories: 1, baseFiles: 0, problems: [] });
    expect(report.findings).toHaveLength(4);
    expect(report.findings).toContainEqual({
      path: expect.stringContaining('/c.o.lockdir'),
      what: 'lock',
      owner: { host: 'elsewhere', pid: 4711 },
      fate: 'unknown',
      why: expect.any(String),
    });
  });

  test('of a name with control characters is harmless to a terminal', async () => {
    const directory = objectDirectory();
    leaveLock('cifs', join(directory, 'a\u001b]0;owned\u0007.o'), recordOf(deadPid()));
    const { stdout } = await cleaner(['--objdir', directory]);
    expect(stdout).toContain('a\\x1b]0;owned\\x07.o.lock.excl');
    expect(stdout).not.toContain('\u001b');
    expect(everything(directory)).toEqual([]);
  });

  test.skipIf(!HAS_SCRIPT)(`on a terminal shows how far it is${because(HAS_SCRIPT, 'no script(1)')}`, () => {
    const command = `'${process.execPath}' '${resolve('dist/ct-cleanup-locks.js')}' --objdir=${littered()} --ssh-timeout=0`;
    const text = execFileSync('script', ['-qec', command, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
    const drawn = text.trimEnd().split('\r\u001b[K');
    expect(drawn.some((line) => /^\[#+\.*\] \d+ of \d+ directories$/.test(line))).toBe(true);
    expect(drawn.at(-1)).toMatch(/ in \d\.\d s$/);
  });

  test('of progress: how much of what', () => {
    expect(describeProgress({ stage: 'walking', done: 15, known: 30 })).toBe(
      '[###############...............] 15 of 30 directories',
    );
    expect(describeProgress({ stage: 'walking', done: 0, known: 0 })).toBe(`[${'.'.repeat(30)}] 0 of 0 directories`);
    expect(describeProgress({ stage: 'asking', hosts: 1 })).toBe('asking 1 other host ...');
  });
});

describe('where it looks', () => {
  test('in several directories, each once, by whichever option and name they are given', async () => {
    const [one, two] = [objectDirectory(), objectDirectory()];
    mkdirSync(join(one, 'inner'));
    symlinkSync(one, join(two, 'link'));
    for (const directory of [one, two, join(one, 'inner')]) {
      leaveLock('cifs', join(directory, 'a.o'), recordOf(deadPid()));
    }
    const directories = [one, `${one}/inner/`, join(two, 'link')].map((path) => `--objdir=${path}`);
    const { stdout } = await cleaner([...directories, '--cas-objdir', two, '--dry-run', '--json']);
    const report = JSON.parse(stdout);
    expect(report.directories).toBe(3);
    expect(report.findings.map(({ path }: { path: string }) => path).sort()).toEqual(
      [join(one, 'a.o'), join(one, 'inner', 'a.o'), join(two, 'a.o')].map((path) => `${path}.lock.excl`).sort(),
    );
  });

  test('a directory that is none makes exit code 1, and the others are cleaned', async () => {
    const directory = littered();
    writeFileSync(join(directory, 'file'), '');
    const { code, stderr } = await cleaner([`--objdir=${directory}/file`, `--objdir=${directory}`, '--ssh-timeout=0']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `ct-cleanup-locks: ${directory}/file: it is not a directory\n`,
    });
    expect(existsSync(join(directory, 'a.o.lockdir'))).toBe(false);
  });

  test('while another process removes it, without a word', async () => {
    const directory = objectDirectory();
    for (let number = 0; number < 300; number++) mkdirSync(join(directory, `${number}`, 'deeper'), { recursive: true });
    const running = cleaner([`--objdir=${directory}`, '-q']);
    const removal = execFileSync('sh', ['-c', `sleep 0.03; rm -rf ${directory}/*`]);
    expect(removal.toString()).toBe('');
    expect(await running).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('the command line', () => {
  test.each([
    { args: [], says: '--objdir=DIR is missing' },
    { args: ['/tmp'], says: "Unexpected argument '/tmp'" },
    { args: ['--objdir=.', '--dryrun'], says: "Unknown option '--dryrun'" },
    { args: ['--objdir=.', '--min-lock-age=2h'], says: '--min-lock-age=2h is not a number of seconds' },
    { args: ['--objdir=.', '--ssh-timeout=-1'], says: '--ssh-timeout=-1 is not a number of seconds' },
  ])('%j is refused with exit code 1', async ({ args, says }) => {
    const { code, stdout, stderr } = await cleaner(args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`ct-cleanup-locks: ${says}`);
    expect(stderr).toMatch(/for help: ct-cleanup-locks --help\n$/);
  });

  test('a CT_LOCK_TIMEOUT that is no number is named, and the default holds', async () => {
    const directory = objectDirectory();
    leaveLock('cifs', join(directory, 'a.o'), recordOf(deadPid()), 500);
    const environment = { CT_LOCK_TIMEOUT: 'soon' };
    const { code, stdout, stderr } = await cleaner([`--objdir=${directory}`], { environment });
    expect(stderr).toContain('CT_LOCK_TIMEOUT="soon" is not a number of seconds above 0; using the default');
    expect(stdout).toContain('kept: 1 young');
    expect(code).toBe(0);
  });

  test('--help and --version', async () => {
    const help = await cleaner(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const option of ['--objdir', '--cas-objdir', '--dry-run', '--min-lock-age', '--ssh-timeout', '--json']) {
      expect(help.stdout).toContain(option);
    }
    expect((await cleaner(['--version'])).stdout).toMatch(/^ct-cleanup-locks \d+\.\d+\.\d+ \(stagelock\)\n$/);
  });
});

test('an unreadable record is reported without -v, with the command that clears it', async () => {
  const directory = objectDirectory();
  leaveLock('cifs', join(directory, 'a.o'), 'what is this');
  const { stdout } = await cleaner(['--objdir', directory, '--ssh-timeout=0']);
  const path = join(directory, 'a.o.lock.excl');
  expect(stdout).toContain(
    `kept, unknown: ${path}, lock: its owner record cannot be parsed. To clear it after a look:\n  rm -rf ${path}\n`,
  );
  expect(existsSync(path)).toBe(true);
});
