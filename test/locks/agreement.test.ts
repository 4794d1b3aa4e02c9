import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { AGREEMENT_FILE, agreeOnStrategy, worksFrom } from '../../src/locks/agreement.js';
import { describeFilesystem } from '../../src/locks/filesystem.js';
import { LockError, openLock, type Strategy } from '../../src/locks/index.js';
import { because, Contender, canMount, smallTmpfs, temporaryDirectory, together } from './processes.js';

const EXT4 = describeFilesystem(0xef53);
const NFS = describeFilesystem(0x6969);
const CIFS = describeFilesystem(0xff534d42);

describe('the strategy of a directory', () => {
  test('is recorded by its first user', () => {
    const directory = temporaryDirectory();
    expect(agreeOnStrategy(directory, EXT4)).toBe('flock');
    expect(readFileSync(join(directory, AGREEMENT_FILE), 'utf8')).toBe('flock\n');
    expect(readdirSync(directory)).toEqual([AGREEMENT_FILE]);
  });

  test.each([
    // An NFS client was first, the server comes later and sees its ext4; or the other way round with SMB.
    ['lockdir', EXT4],
    ['lockdir', CIFS],
    ['cifs', EXT4],
    ['cifs', NFS],
    ['fcntl', NFS],
    ['flock', EXT4],
  ] as const)('%s of another host is followed on %o', (recorded, filesystem) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, AGREEMENT_FILE), `${recorded}\n`);
    expect(agreeOnStrategy(directory, filesystem)).toBe(recorded);
    expect(readFileSync(join(directory, AGREEMENT_FILE), 'utf8')).toBe(`${recorded}\n`);
  });

  test.each([
    ['flock', NFS],
    ['flock', CIFS],
    ['fcntl', CIFS],
  ] as const)(
    '%s of another host that excludes nobody from %o is an error that says what to do',
    (recorded, filesystem) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, AGREEMENT_FILE), `${recorded}\n`);
      let text = '';
      try {
        agreeOnStrategy(directory, filesystem);
      } catch (error) {
        if (error instanceof LockError) text = error.message;
      }
      expect(text).toContain(join(directory, AGREEMENT_FILE));
      expect(text).toContain(`lock by ${recorded}`);
      expect(text).toContain(filesystem.name);
      expect(text).toContain('Set the strategy "lockdir"');
      expect(worksFrom(recorded, filesystem)).toBe(false);
    },
  );

  test('is not asked for when one is set', () => {
    const directory = temporaryDirectory();
    expect(openLock(join(directory, 'x.o'), { strategy: 'lockdir' }).strategy).toBe('lockdir');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is the same for all that use many directories first at the same time', async () => {
    const root = temporaryDirectory();
    const directories = Array.from({ length: 40 }, (_, number) => join(root, String(number)));
    for (const directory of directories) mkdirSync(directory);
    const users = Array.from({ length: 4 }, () => new Contender('choose', { directories }));
    const answers = await together<Strategy[]>(users);
    for (const answer of answers) expect(answer).toEqual(Array(40).fill('flock'));
    for (const directory of directories) expect(readdirSync(directory)).toEqual([AGREEMENT_FILE]);
  });

  test('is waited for while its first user has not filled the file', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, AGREEMENT_FILE), '');
    const user = new Contender('choose', { directories: [directory] });
    await user.line();
    user.say('go');
    await sleep(100);
    writeFileSync(join(directory, AGREEMENT_FILE), 'lockdir\n');
    expect(await user.json()).toEqual(['lockdir']);
  });

  test.each(['', 'mutex\n', 'flock lockdir\n', '\0\0\0\0\0\0'])(
    'that is none (%j) is an error with the remedy',
    (text) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, AGREEMENT_FILE), text);
      expect(() => agreeOnStrategy(directory, EXT4)).toThrow(LockError);
      expect(() => agreeOnStrategy(directory, EXT4)).toThrow(/write lockdir, cifs, flock or fcntl into it/);
      expect(readFileSync(join(directory, AGREEMENT_FILE), 'utf8')).toBe(text);
    },
  );

  test('is not read through a symbolic link', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'elsewhere'), 'lockdir\n');
    symlinkSync('elsewhere', join(directory, AGREEMENT_FILE));
    expect(() => agreeOnStrategy(directory, EXT4)).toThrow(/a symbolic link is in the way/);
  });

  test.skipIf(!canMount)(
    `on a read-only file system is an error that says so${because(canMount, 'cannot mount')}`,
    () => {
      const directory = smallTmpfs('size=64k,mode=755');
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      expect(() => openLock(join(directory, 'x.o'))).toThrow(/read-only/);
    },
  );
});
