import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { LockError, type Strategy } from '../../src/locks/index.js';
import { noOtherUser } from '../support/other-user.js';
import { KINDS, type Kind, LASTING, type Lasting, leaveLock, lockOf, namesOf, permissions, recordOf } from './kinds.js';
import {
  because,
  Contender,
  canBeOtherUser,
  canMount,
  deadPid,
  OTHER_USER,
  smallTmpfs,
  temporaryDirectory,
} from './processes.js';

const targetIn = (directory: string): string => join(directory, 'x.o');

/** Removes a lock as a person would who follows the advice of a warning. */
function removeByForce(kind: Lasting, target: string): void {
  rmSync(kind === 'lockdir' ? `${target}.lockdir` : recordOf(kind, target), { recursive: true });
}

function errorOf(action: () => unknown): LockError {
  try {
    action();
  } catch (error) {
    if (error instanceof LockError) return error;
    throw error;
  }
  throw new Error('there was no error');
}

describe.each(KINDS)('%s', (kind) => {
  test('excludes until it is released, and can be had again', () => {
    const target = targetIn(temporaryDirectory());
    const first = lockOf(kind, target).try();
    expect(first).toBeDefined();
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect(first?.release()).toBe('released');
    const second = lockOf(kind, target).try();
    expect(second).toBeDefined();
    expect(second?.release()).toBe('released');
  });

  test('excludes another process, which says who holds it', async () => {
    if (kind === 'flock fallback') return; // see without-koffi.test.ts
    const target = targetIn(temporaryDirectory());
    const holder = new Contender('hold', { target, strategy: kind });
    await holder.line();
    const lock = lockOf(kind, target);
    expect(lock.try()).toBeUndefined();
    const seen = lock.inspect();
    expect(seen).toMatchObject({ kind: 'held', judgement: { fate: 'alive' } });
    // The kernel does not tell whose an fcntl lock of an open file is.
    if (kind !== 'fcntl') expect(seen).toMatchObject({ owner: { host: thisHost().name, pid: holder.pid } });
    expect((await lock.break()).kind).toBe('refused');
    holder.say();
    expect(await holder.line()).toBe('released');
    expect(lock.inspect()).toEqual({ kind: 'free' });
    expect(lock.try()).toBeDefined();
  });

  test('released twice does not release the next one', () => {
    const target = targetIn(temporaryDirectory());
    const first = lockOf(kind, target).try();
    first?.release();
    const second = lockOf(kind, target).try();
    expect(first?.release()).toBe('released');
    expect(second).toBeDefined();
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect(lockOf(kind, target).inspect().kind).toBe('held');
    expect(second?.release()).toBe('released');
  });

  test('leaves nothing but the files that stay', () => {
    const directory = temporaryDirectory();
    const held = lockOf(kind, targetIn(directory)).try();
    expect(readdirSync(directory, { recursive: true }).sort()).toEqual(namesOf(kind));
    held?.release();
    expect(readdirSync(directory)).toEqual(kind === 'lockdir' ? [] : ['x.o.lock']);
  });

  test.each(['000', '022', '077'])('can be removed by the group under umask %s', (umask) => {
    if (kind === 'flock fallback') return; // the same code as cifs, and it cannot be asked for by name
    const directory = temporaryDirectory();
    const script = `import { openLock } from ${JSON.stringify(join(import.meta.dirname, '../../dist/internals/locks.js'))};
      openLock(process.argv[1], { strategy: process.argv[2] }).try();`;
    const command = `umask ${umask} && exec "$@"`;
    const node = [process.execPath, '--input-type=module', '-e', script, targetIn(directory), kind];
    execFileSync('sh', ['-c', command, 'sh', ...node]);
    expect(Object.fromEntries(namesOf(kind).map((name) => [name, permissions(join(directory, name))]))).toEqual(
      Object.fromEntries(namesOf(kind).map((name) => [name, name === 'x.o.lockdir' ? '775' : '664'])),
    );
  });

  test.skipIf(process.getuid?.() !== 0)('has the group of its target (needs root)', () => {
    const directory = temporaryDirectory();
    writeFileSync(targetIn(directory), '');
    chownSync(targetIn(directory), 0, 54321);
    lockOf(kind, targetIn(directory)).try();
    for (const name of namesOf(kind)) expect([name, statSync(join(directory, name)).gid]).toEqual([name, 54321]);
  });

  test.skipIf(!canBeOtherUser)(
    `has the group of a directory with the SGID bit while there is no target${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      if (kind === 'flock fallback') return;
      const directory = temporaryDirectory();
      chownSync(directory, 0, 54321);
      chmodSync(directory, 0o2775);
      // A member of that group whose files belong to another one by default, with a umask that takes from the group.
      const through = [
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--groups=54321',
        'sh',
        '-c',
        'umask 022; exec "$@"',
        'sh',
      ];
      const holder = new Contender('hold', { target: targetIn(directory), strategy: kind }, { through });
      await holder.line();
      for (const name of namesOf(kind)) {
        const { gid, uid } = statSync(join(directory, name));
        expect([name, uid, gid]).toEqual([name, 65534, 54321]);
      }
    },
  );

  test('follows no symbolic link in place of its files', () => {
    for (const name of namesOf(kind)) {
      const directory = temporaryDirectory();
      const elsewhere = temporaryDirectory();
      const victim = join(elsewhere, 'victim');
      writeFileSync(victim, 'precious');
      chmodSync(victim, 0o600);
      if (name.includes('/')) mkdirSync(join(directory, 'x.o.lockdir'));
      symlinkSync(victim, join(directory, name));
      const lock = lockOf(kind, targetIn(directory));
      const { message } = errorOf(() => lock.try() ?? lock.inspect());
      expect(message).toContain(join(directory, name));
      expect(message).toContain('symbolic link');
      expect(readFileSync(victim, 'utf8')).toBe('precious');
      expect(permissions(victim)).toBe('600');
      // A dangling one is not a way to create files elsewhere, either.
      unlinkSync(victim);
      errorOf(() => lock.try() ?? lock.inspect());
      expect(readdirSync(elsewhere)).toEqual([]);
    }
  });

  test('does not hang on a FIFO in place of its files', () => {
    for (const name of namesOf(kind)) {
      const directory = temporaryDirectory();
      if (name.includes('/')) mkdirSync(join(directory, 'x.o.lockdir'));
      execFileSync('mkfifo', [join(directory, name)]);
      const lock = lockOf(kind, targetIn(directory));
      // The base file of cifs and the fallback protects nothing, so it does not matter what it is.
      const harmless = name === 'x.o.lock' && kind !== 'flock' && kind !== 'fcntl';
      if (harmless) expect(lock.try()).toBeDefined();
      else expect(errorOf(() => lock.try() ?? lock.inspect()).message).toContain(join(directory, name));
    }
  });

  test('says that the directory does not exist', () => {
    const target = join(temporaryDirectory(), 'missing', 'x.o');
    const { message } = errorOf(() => lockOf(kind, target).try());
    expect(message).toContain(join(target, '..'));
    expect(message).toContain('does not exist');
  });

  test.skipIf(!canBeOtherUser)(
    `says that the directory may not be written${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      if (kind === 'flock fallback') return;
      const directory = temporaryDirectory();
      const other = new Contender('hold', { target: targetIn(directory), strategy: kind }, { through: OTHER_USER });
      const text = await other.line().then(String, String);
      expect(text).toContain('LockError');
      expect(text).toContain(`no permission to make a lock in ${directory}`);
      expect(text).toContain('group write permission');
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test.skipIf(!canMount)(`says that the file system is read-only${because(canMount, 'cannot mount')}`, () => {
    const directory = smallTmpfs();
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    const { message } = errorOf(() => lockOf(kind, targetIn(directory)).try());
    expect(message).toContain(targetIn(directory));
    expect(message).toContain('read-only');
    expect(readdirSync(directory)).toEqual([]);
  });

  test.skipIf(!canMount)(`leaves nothing on a full disk${because(canMount, 'cannot mount')}`, () => {
    const directory = smallTmpfs();
    fill(join(directory, 'filler'));
    const lock = lockOf(kind, targetIn(directory));
    if (kind === 'flock' || kind === 'fcntl') {
      // An empty file needs no space: the lock works all the same, its release included.
      expect(lock.try()?.release()).toBe('released');
      return;
    }
    const { message } = errorOf(() => lock.try());
    expect(message).toContain(targetIn(directory));
    expect(message).toContain('no space left');
    expect(readdirSync(directory).filter((name) => name !== 'x.o.lock')).toEqual(['filler']);
    unlinkSync(join(directory, 'filler'));
    expect(lock.try()?.release()).toBe('released');
  });

  test.skipIf(!canMount)(`leaves nothing where no more files fit${because(canMount, 'cannot mount')}`, () => {
    // The root directory and as many files as the lock needs, but one.
    const directory = smallTmpfs(`size=64k,nr_inodes=${namesOf(kind).length}`);
    const { message } = errorOf(() => lockOf(kind, targetIn(directory)).try());
    expect(message).toContain('no space left');
    expect(readdirSync(directory).filter((name) => name !== 'x.o.lock')).toEqual([]);
  });
});

describe.each(LASTING)('%s', (kind) => {
  test('records its owner as host:pid and nothing else', () => {
    const target = targetIn(temporaryDirectory());
    lockOf(kind, target).try();
    expect(readFileSync(recordOf(kind, target), 'utf8')).toBe(`${thisHost().name}:${process.pid}`);
  });

  test('removed by force is lost', () => {
    const target = targetIn(temporaryDirectory());
    const held = lockOf(kind, target).try();
    removeByForce(kind, target);
    expect(held?.release()).toBe('lost');
  });

  test('removed by force and taken by another one is lost, and stays with that one', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const held = lockOf(kind, target).try();
    removeByForce(kind, target);
    const next = lockOf(kind, target).try();
    // Such as our own next one, but of another process.
    writeFileSync(recordOf(kind, target), `${thisHost().name}:1`);
    expect(next).toBeDefined();
    expect(held?.release()).toBe('lost');
    expect(lockOf(kind, target).inspect()).toMatchObject({ kind: 'held', owner: { pid: 1 } });
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('taken by ourselves again after it was removed by force belongs to the second', () => {
    const target = targetIn(temporaryDirectory());
    const held = lockOf(kind, target).try();
    renameSync(recordOf(kind, target), `${target}.kept`); // keeps the inode number from being used again
    if (kind === 'lockdir') removeByForce(kind, target);
    const next = lockOf(kind, target).try();
    expect(held?.release()).toBe('lost');
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect(next?.release()).toBe('released');
  });

  test('replaced by a symbolic link is lost, and what that names is left alone', () => {
    const target = targetIn(temporaryDirectory());
    const elsewhere = temporaryDirectory();
    const held = lockOf(kind, target).try();
    writeFileSync(join(elsewhere, 'pid'), `${thisHost().name}:${process.pid}`);
    removeByForce(kind, target);
    if (kind === 'lockdir') symlinkSync(elsewhere, `${target}.lockdir`);
    else symlinkSync(join(elsewhere, 'pid'), recordOf(kind, target));
    expect(held?.release()).toBe('lost');
    expect(readdirSync(elsewhere)).toEqual(['pid']);
  });

  test('whose record may not be read is neither free nor broken', async () => {
    if (!canBeOtherUser || kind === 'flock fallback') return;
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    leaveLock(kind, target, `${thisHost().name}:${deadPid()}`);
    chmodSync(recordOf(kind, target), 0o600);
    utimesSync(recordOf(kind, target), 1, 1);
    chmodSync(directory, 0o777);
    for (const action of ['inspect', 'breakLock'] as const) {
      const other = new Contender(action, { target, strategy: kind }, { through: OTHER_USER });
      const answer = JSON.stringify(await other.json());
      expect(answer).toContain('no permission to read');
      expect(answer).not.toContain('dead');
    }
    expect(existsSync(recordOf(kind, target))).toBe(true);
  });

  test('with a record that makes no sense is never broken, only by force', async () => {
    const target = targetIn(temporaryDirectory());
    leaveLock(kind, target, 'locked by Ann until Friday');
    utimesSync(recordOf(kind, target), 1, 1);
    const lock = lockOf(kind, target);
    expect(lock.inspect()).toMatchObject({ kind: 'held', judgement: { fate: 'unknown' } });
    expect((await lock.break()).kind).toBe('refused');
    expect(await lock.break({ force: true })).toEqual({ kind: 'broken' });
    expect(lock.inspect()).toEqual({ kind: 'free' });
  });
});

describe.each(['flock', 'fcntl'] as const)('%s', (kind: Strategy & Kind) => {
  test('notices that somebody removed the file that it has locked', () => {
    const target = targetIn(temporaryDirectory());
    const first = lockOf(kind, target).try();
    unlinkSync(`${target}.lock`);
    const second = lockOf(kind, target).try();
    expect(second).toBeDefined();
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect(first?.release()).toBe('released');
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect(second?.release()).toBe('released');
    expect(existsSync(`${target}.lock`)).toBe(true);
  });

  test('leaves the content of its file alone, which may be a hard link to another one', () => {
    const target = targetIn(temporaryDirectory());
    writeFileSync(`${target}.lock`, 'precious');
    chmodSync(`${target}.lock`, 0o600);
    expect(lockOf(kind, target).try()?.release()).toBe('released');
    expect(readFileSync(`${target}.lock`, 'utf8')).toBe('precious');
    expect(permissions(`${target}.lock`)).toBe('600');
  });

  test.skipIf(!canBeOtherUser)(
    `is waited for while its first user has not set its permissions${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      const directory = temporaryDirectory();
      chmodSync(directory, 0o777);
      const path = `${targetIn(directory)}.lock`;
      writeFileSync(path, '', { mode: 0o600 });
      const other = new Contender('hold', { target: targetIn(directory), strategy: kind }, { through: OTHER_USER });
      const answer = other.line().catch(String);
      for (let round = 0; round < 8; round++) {
        chmodSync(path, 0o600); // as new as it was at the beginning
        await sleep(100);
      }
      chmodSync(path, 0o666);
      expect(await answer).toBe('held');

      // A second later the permissions are what somebody meant them to be.
      other.say();
      await other.line();
      chmodSync(path, 0o600);
      await sleep(1100);
      const another = new Contender('hold', { target: targetIn(directory), strategy: kind }, { through: OTHER_USER });
      expect(await another.line().catch(String)).toContain('no permission');
    },
  );

  test('is given back by the kernel when its owner is killed', async () => {
    const target = targetIn(temporaryDirectory());
    const holder = new Contender('hold', { target, strategy: kind });
    await holder.line();
    expect(lockOf(kind, target).try()).toBeUndefined();
    await holder.kill();
    expect(lockOf(kind, target).try()).toBeDefined();
  });
});

test('flock with a dead owner is alive while a child of that one has inherited it', async () => {
  const target = targetIn(temporaryDirectory());
  // As the original does: a shell locks its descriptor 9, starts the compiler and is killed.
  const child = execFileSync('sh', [
    '-c',
    'exec 9>"$0"; flock -n 9; sleep 60 >/dev/null 2>&1 & echo $!',
    `${target}.lock`,
  ]);
  onTestFinished(() => void process.kill(Number(child.toString()), 'SIGKILL'));
  const lock = lockOf('flock', target);
  expect(lock.try()).toBeUndefined();
  expect(lock.inspect()).toMatchObject({ kind: 'held', judgement: { fate: 'alive' } });
  expect((await lock.acquire({ timeoutMs: 50 })).kind).toBe('timed-out');
});

function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(1 << 20));
  } catch {
    // That was the purpose.
  }
}
