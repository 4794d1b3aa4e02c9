import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  because,
  canBeOtherUser,
  canMount,
  canMountExfat,
  exfat,
  smallTmpfs,
  temporaryDirectory,
} from '../locks/processes.js';
import { noOtherUser } from '../support/other-user.js';
import { until } from '../support/until.js';
import { isRunning, Running, STAGELOCK } from './programs.js';

const noMount = because(canMount, 'cannot mount');
const noUser = because(canBeOtherUser, noOtherUser);

function start(args: readonly string[], user: { readonly uid?: number; readonly gid?: number } = {}): Running {
  const child = spawn(process.execPath, [STAGELOCK, 'doctor', ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...user });
  onTestFinished(() => void child.kill('SIGKILL'));
  return new Running(child);
}

const doctor = (...args: string[]) => start(args).ended;

/** The outcomes in the table, by the names of the checks. */
function outcomes(stdout: string): Record<string, string> {
  const lines = stdout.matchAll(/^ {2}(\S.{21,22}\S?) *(ok|problem|not possible) {2,}/gm);
  return Object.fromEntries([...lines].map(([, name, outcome]) => [name?.trim() ?? '', outcome ?? '']));
}

/** Fills a file system to the last byte. */
function fill(directory: string): void {
  execFileSync('sh', ['-c', `cat /dev/zero > ${join(directory, 'filler')} 2>/dev/null || true`]);
}

/** A second mount of a directory. */
function boundTo(directory: string): string {
  const mount = temporaryDirectory();
  execFileSync('mount', ['--bind', directory, mount]);
  onTestFinished(() => void execFileSync('umount', ['-l', mount]));
  return mount;
}

const ALL_OK = {
  'exclusive create': 'ok',
  'make directory': 'ok',
  'rename over a file': 'ok',
  'hard links': 'ok',
  'clock of the server': 'ok',
  'group and mode': 'ok',
  'held flock': 'ok',
  'held fcntl': 'ok',
  'hand-over, lockdir': 'ok',
  'hand-over, cifs': 'ok',
  'hand-over, flock': 'ok',
  'hand-over, fcntl': 'ok',
};

test('a local disk: everything works, and nothing is left', async () => {
  const directory = temporaryDirectory();
  const { code, stdout, stderr } = await doctor(directory);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(outcomes(stdout)).toEqual(ALL_OK);
  expect(stdout).toMatch(/^Use (flock|lockdir) here, the default\.$/m);
  expect(readdirSync(directory)).toEqual([]);
});

test('for scripts', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, '.lock-strategy'), 'lockdir\n');
  const { code, stdout, stderr } = await doctor('--json', directory);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    directories: [{ directory, agreement: { kind: 'agreed', strategy: 'lockdir' } }],
    works: true,
    recommended: 'lockdir',
    strategies: { lockdir: { kind: 'works' }, flock: { kind: 'works' } },
  });
  expect(report.checks).toHaveLength(12);
  expect(report.checks).toContainEqual(
    expect.objectContaining({ check: 'hand-over', strategy: 'cifs', outcome: 'ok', result: expect.anything() }),
  );
});

test.skipIf(!canMount)(`a small disk is enough${noMount}`, async () => {
  const directory = smallTmpfs('size=128k,mode=755');
  const { code, stdout } = await doctor(directory);
  expect(code).toBe(0);
  expect(outcomes(stdout)).toEqual(ALL_OK);
  expect(stdout).toContain(`mounted on ${directory} from stagelock-test`);
  expect(readdirSync(directory)).toEqual([]);
});

describe('where nothing can be tested, a sentence says why', () => {
  test.skipIf(!canMount)(`a full disk${noMount}`, async () => {
    const directory = smallTmpfs();
    fill(directory);
    const { code, stdout, stderr } = await doctor(directory);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(`\nNo lock can be made in ${directory}: no space left on the disk.\n`);
    expect(readdirSync(directory)).toEqual(['filler']);
  });

  test.skipIf(!canMount)(`a file system mounted read-only${noMount}`, async () => {
    const directory = smallTmpfs();
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    const { code, stdout } = await doctor(directory);
    expect(code).toBe(1);
    expect(stdout).toContain(`mounted on ${directory} from stagelock-test (ro)\n`);
    expect(stdout).toContain(`No lock can be made in ${directory}: the file system is mounted read-only.\n`);
  });

  test.skipIf(!canBeOtherUser)(`another user's directory${noUser}`, async () => {
    const directory = temporaryDirectory();
    const { code, stdout, stderr } = await start([directory], { uid: 61_001, gid: 61_000 }).ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(`No lock can be made in ${directory}: no permission to write there.\n`);
  });

  test('a directory that is not there, or is none', async () => {
    const directory = temporaryDirectory();
    const missing = await doctor(join(directory, 'no'));
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(/^stagelock: ENOENT: no such file or directory, stat '.*no'\n$/);
    writeFileSync(join(directory, 'file'), '');
    const file = join(directory, 'file');
    expect(await doctor(file)).toMatchObject({ code: 2, stderr: `stagelock: ${file} is not a directory\n` });
    expect(await doctor(directory, '--peer', file)).toMatchObject({ code: 2 });
  });
});

test.skipIf(!canBeOtherUser)(`a directory that a group shares, with and without SGID${noUser}`, async () => {
  const directory = temporaryDirectory();
  chownSync(directory, 61_001, 61_005);
  const rows = async (mode: number) => {
    chmodSync(directory, mode);
    const through = [
      '--reuid=61002',
      '--regid=61000',
      '--groups=61005',
      process.execPath,
      STAGELOCK,
      'doctor',
      directory,
    ];
    const child = spawn('setpriv', through, { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const { code, stdout } = await new Running(child).ended;
    return { code, outcome: outcomes(stdout)['group and mode'], stdout };
  };
  expect(await rows(0o2775)).toMatchObject({ code: 0, outcome: 'ok' });
  const without = await rows(0o775);
  expect(without).toMatchObject({ code: 0, outcome: 'problem' });
  expect(without.stdout).toContain('- Locks do not get the group 61005 of the directory: run chmod g+s on it');
});

test.skipIf(!canMountExfat)(
  `a file system without hard links${because(canMountExfat, 'no exFAT through FUSE')}`,
  async () => {
    const directory = exfat();
    const { code, stdout } = await doctor(directory);
    expect(stdout).toMatch(/^ {2}hard links +ok +not supported; locks do not need them$/m);
    // exfat-fuse changes inode numbers under us, over which a lockdir may be lost; that, too, has to be noticed.
    const works = outcomes(stdout)['hand-over, lockdir'] === 'ok';
    expect(stdout).toMatch(works ? /^Use lockdir here/m : /^Use (cifs|fcntl) here: lockdir, the default, does not/m);
    expect(code).toBe(works ? 0 : 1);
    expect(readdirSync(directory)).toEqual([]);
    // It is for all we know a network file system, on which flock of another host means nothing.
    writeFileSync(join(directory, '.lock-strategy'), 'flock\n');
    const disagreeing = await doctor(directory);
    expect(disagreeing.code).toBe(1);
    expect(disagreeing.stdout).toContain(
      ` here: flock is agreed on for ${directory}, but does not exclude processes in ${directory} (fuse);`,
    );
  },
);

test.skipIf(!canMount)(`two mounts of one directory${noMount}`, async () => {
  const directory = temporaryDirectory();
  const { code, stdout, stderr } = await doctor(directory, '--peer', boundTo(directory));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(outcomes(stdout)).toEqual({ 'same directory': 'ok', 'sight of the other side': 'ok', ...ALL_OK });
  expect(readdirSync(directory)).toEqual([]);
});

test('two directories that are not the same', async () => {
  const [one, other] = [temporaryDirectory(), temporaryDirectory()];
  const { code, stdout } = await doctor(one, '--peer', other);
  expect(code).toBe(1);
  expect(outcomes(stdout)).toEqual({ 'same directory': 'problem' });
  expect(stdout).toContain(`${one} and ${other} are not the same directory`);
  expect([...readdirSync(one), ...readdirSync(other)]).toEqual([]);
});

/** The workers of a process. */
function childrenOf(pid: number): number[] {
  return execFileSync('sh', ['-c', `cat /proc/${pid}/task/*/children`])
    .toString()
    .trim()
    .split(/\s+/)
    .map(Number);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s in the midst: everything is removed, and no worker goes on', async (signal, expected) => {
  const directory = temporaryDirectory();
  const run = start([directory]);
  await run.untilOutput(/rename over a file/);
  const workers = childrenOf(run.pid);
  expect(workers).toHaveLength(4);
  run.kill(signal);
  const { code, stdout, stderr } = await run.ended;
  expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
  expect(stdout).not.toContain('not possible');
  expect(readdirSync(directory)).toEqual([]);
  expect(workers.filter(isRunning)).toEqual([]);
});

test('its workers end when it is killed', async () => {
  const directory = temporaryDirectory();
  const run = start([directory]);
  await run.untilOutput(/hard links/);
  const workers = childrenOf(run.pid);
  run.kill('SIGKILL');
  await until('they have ended', () => !workers.some(isRunning));
  const [left, ...more] = readdirSync(directory);
  expect(left).toMatch(new RegExp(`^\\.stagelock-doctor\\.${run.pid}\\.[0-9a-f]{16}\\.tmp$`));
  expect(more).toEqual([]);
});

test('a symbolic link that another process puts in place of its directory is not followed', async () => {
  const directory = temporaryDirectory();
  const precious = temporaryDirectory();
  mkdirSync(join(precious, 'files'));
  writeFileSync(join(precious, 'files', 'precious'), '');
  const run = start([directory]);
  await run.untilOutput(/rename over a file/);
  const [name] = readdirSync(directory);
  execFileSync('sh', ['-c', `mv ${name} away && ln -s ${precious} ${name}`], { cwd: directory });
  await run.ended;
  expect(existsSync(join(precious, 'files', 'precious'))).toBe(true);
});
