import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HELP } from '../../src/tables/helper-help.js';
import { VERSION } from '../../src/version.js';
import { HELPER, helper, leftIn, script, temporaryDirectory } from './helper.js';

/** Writes its own name into what -o names, as a compiler does. */
const PRODUCER = 'printf product > "$last"';

describe('the command line', () => {
  test('--help explains and --version tells', async () => {
    const help = { end: 0, stdout: HELP, stderr: '' };
    const version = { end: 0, stdout: `ct-lock-helper ${VERSION} (stagelock)\n`, stderr: '' };
    expect(await helper(['--help'])).toEqual(help);
    expect(await helper(['link', '-h', '--target', 'x'])).toEqual(help);
    expect(await helper(['--version'])).toEqual(version);
    expect(await helper(['--version', '--help', '--'])).toEqual(help);
    expect(await helper(['compile', '--version', '--target=x'])).toEqual(version);
  });

  // The native front says it alone; what it leaves to TypeScript is the same anyway.
  test.runIf(HELPER.length === 1)(
    'neither they nor an error of the command line start Node (needs the native front)',
    async () => {
      const directory = temporaryDirectory();
      const alone = join(directory, 'ct-lock-helper');
      copyFileSync(HELPER[0], alone);
      const answer = (...args: string[]) => spawnSync(alone, args, { encoding: 'utf8', cwd: directory });
      expect(answer('--help').stdout).toBe(HELP);
      expect(answer('--version').stdout).toContain(VERSION);
      expect(answer('lick').stderr).toBe(
        'ct-lock-helper: "lick" is unknown; there are: compile, link, launch\nct-lock-helper: for help: ct-lock-helper --help\n',
      );
    },
  );

  test.each([
    ['a verb is missing: compile, link or launch', []],
    ['a verb is missing: compile, link or launch', ['--', 'true']],
    ['"li\\nck" is unknown; there are: compile, link, launch', ['li\nck', '--strategy=nfs']],
    [
      'launch takes no --target, because it finds the target itself; to name one, use link',
      ['launch', '--target=', '--strategy=nfs'],
    ],
    ['--target=FILE is missing', ['link', '--strategy=nfs', '--', 'true']],
    ['--strategy= is unknown; there are: lockdir, cifs, flock, fcntl, etcd', ['launch', '--strategy=']],
    ['--strategy=Auto is unknown; there are: lockdir, cifs, flock, fcntl, etcd', ['launch', '--strategy', 'Auto', 'x']],
    ['the command to run belongs after " -- "', ['launch', '--strategy=auto', '--', '']],
    ['the command to run belongs after " -- "', ['launch', 'compile', '--', 'true']],
  ])('what is wrong is said in the same words: %s', async (message, args) => {
    const stderr = `ct-lock-helper: ${message}\nct-lock-helper: for help: ct-lock-helper --help\n`;
    expect(await helper(args)).toEqual({ end: 125, stdout: '', stderr });
  });

  test.each([
    [[], 'a verb is missing'],
    [['lick', '--target=a.o', '--', 'true'], '"lick" is unknown'],
    [['compile', '--', 'true'], '--target=FILE is missing'],
    [['compile', '--target=', '--', 'true'], '--target=FILE is missing'],
    [['compile', '--target=a.o'], 'belongs after " -- "'],
    [['compile', '--target=a.o', '--'], 'belongs after " -- "'],
    [['compile', '--target=a.o', 'gcc', '--', '-c', 'a.c'], 'belongs after " -- "'],
    [['compile', '--target=a.o', '--strategy=nfs', '--', 'true'], 'lockdir, cifs, flock, fcntl'],
    [['compile', '--target=a.o', '--wait', '--', 'true'], "'--wait'"],
  ])('%j is an error of its own', async (args, message) => {
    const { end, stdout, stderr } = await helper(args, { cwd: temporaryDirectory() });
    expect(end).toBe(125);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^ct-lock-helper: /);
    expect(stderr).toContain(message);
  });

  test('--target T is --target=T', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', PRODUCER);
    await helper(['compile', '--target', 'a.o', '--strategy', 'lockdir', '--', produce], { cwd: directory });
    expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('product');
    expect(leftIn(directory, 'produce', 'a.o')).toEqual([]);
  });

  test('options of the command are left to it, and -o comes last', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'printf "%s\\n" "$@" > "$last"');
    await helper(['compile', '--target=a.o', '--', produce, '--target=b.o', '--', '--help'], { cwd: directory });
    const [first, second, third, fourth, last] = readFileSync(join(directory, 'a.o'), 'utf8').split('\n');
    expect([first, second, third, fourth]).toEqual(['--target=b.o', '--', '--help', '-o']);
    expect(last).toMatch(/^a\.o\.\d+\.[0-9a-f]{16}\.tmp$/);
  });

  test.each([['with spaces.o'], ['with\nnewline.o'], ['-dash.o'], ['@at.o'], ["quote'.o"], ['ümlaut.o']])(
    'a target may be called %j',
    async (name) => {
      const directory = temporaryDirectory();
      const produce = script(directory, 'produce', PRODUCER);
      const args = ['compile', `--target=${name}`, '--strategy=lockdir', '--', produce];
      expect(await helper(args, { cwd: directory })).toEqual({ end: 0, stdout: '', stderr: '' });
      expect(leftIn(directory, 'produce')).toEqual([name]);
    },
  );
});

describe('the exit code', () => {
  test.each([0, 1, 2, 77, 125, 255])('is that of the command: %i', async (code) => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', `${PRODUCER}; exit ${code}`);
    const { end, stderr } = await helper(['compile', '--target=a.o', '--', produce], { cwd: directory });
    expect({ end, stderr }).toEqual({ end: code, stderr: '' });
    expect(existsSync(join(directory, 'a.o'))).toBe(code === 0);
  });

  test('is 128+N when the command dies of signal N', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', `${PRODUCER}; kill -SEGV $$`);
    expect(await helper(['compile', '--target=a.o', '--', produce], { cwd: directory })).toMatchObject({ end: 139 });
    expect(leftIn(directory, 'produce', 'a.o.lock')).toEqual([]);
  });

  test.each(['no-such-program', './no/such/program', '.', './data'])(
    'is 125 when %s cannot be started',
    async (command) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'data'), 'not a program');
      const { end, stderr } = await helper(['compile', '--target=a.o', '--strategy=lockdir', '--', command], {
        cwd: directory,
      });
      expect(end).toBe(125);
      expect(stderr).toContain(`cannot start ${command}`);
      expect(leftIn(directory, 'data')).toEqual([]);
    },
  );

  test('is 125 when the command succeeds without producing anything, and the old product stays', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.o'), 'old');
    const { end, stderr } = await helper(['compile', '--target=a.o', '--strategy=lockdir', '--', 'true'], {
      cwd: directory,
    });
    expect(end).toBe(125);
    expect(stderr).toMatch(/^ct-lock-helper: true succeeded without writing a\.o\.\d+\.[0-9a-f]+\.tmp, .* -o /);
    expect(leftIn(directory, 'a.o')).toEqual([]);
    expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('old');
  });

  test('is that of the command when the target is a directory, which stays', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'a.o'));
    const produce = script(directory, 'produce', PRODUCER);
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--', produce];
    const { end, stderr } = await helper(args, { cwd: directory });
    expect(end).toBe(spawnSync(produce, ['-o', 'a.o'], { cwd: directory }).status);
    expect(end).not.toBe(0);
    expect(stderr).toContain('irectory');
    expect(leftIn(directory, 'a.o', 'produce')).toEqual([]);
  });
});

describe('a lock that cannot be made', () => {
  test('because a file stands in the place of the directory', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'no'), '');
    for (const target of ['no/a.o', 'no/deep/a.o']) {
      const { end, stderr } = await helper(['compile', `--target=${target}`, '--', 'true'], { cwd: directory });
      expect(end).toBe(125);
      expect(stderr).toMatch(/no.*(not a directory|does not exist)|not a directory.*no/);
    }
    expect(leftIn(directory)).toEqual(['no']);
  });

  test.each([
    ['lockdir', 'a.o.lockdir'],
    ['cifs', 'a.o.lock'],
    ['flock', 'a.o.lock'],
    ['fcntl', 'a.o.lock'],
  ])('because of a symbolic link in its place (%s)', async (strategy, lock) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'precious'), 'precious');
    symlinkSync('precious', join(directory, lock));
    const produce = script(directory, 'produce', PRODUCER);
    const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--', produce];
    const { end, stderr } = await helper(args, { cwd: directory });
    expect(end).toBe(125);
    expect(stderr).toContain(lock);
    expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('precious');
    expect(leftIn(directory, 'precious', 'produce', lock)).toEqual([]);
  });

  test('because the directory is read-only', async (context) => {
    // root may write everywhere, so somebody else has to try.
    const other = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const readable = await helper(['--version'], other).catch(() => undefined);
    if (readable?.end !== 0) context.skip(`${HELPER.join(' ')} cannot be run by another user`);
    const directory = temporaryDirectory();
    const locked = join(directory, 'locked');
    mkdirSync(locked, { mode: 0o555 });
    const args = ['compile', `--target=${join(locked, 'a.o')}`, '--', 'true'];
    const { end, stderr } = await helper(args, { cwd: '/', ...other });
    expect(end).toBe(125);
    expect(stderr).toMatch(/permission|denied/);
  });
});

describe('the environment', () => {
  test('is warned about where it holds no number, and the compile goes on', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', PRODUCER);
    const { end, stderr } = await helper(['compile', '--target=a.o', '--', produce], {
      cwd: directory,
      env: { ...process.env, CT_LOCK_TIMEOUT: 'soon', CT_LOCK_SLEEP_INTERVAL: '' },
    });
    expect(end).toBe(0);
    expect(stderr).toBe(
      'ct-lock-helper: CT_LOCK_TIMEOUT="soon" is not a number of seconds above 0; using the default\n',
    );
  });
});
