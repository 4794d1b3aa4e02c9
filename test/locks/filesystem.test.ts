import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { defaultPollMs, describeFilesystem, filesystemOf } from '../../src/locks/filesystem.js';
import { because, canMount, canMountExfat, exfat, smallTmpfs } from './processes.js';

describe('the file system of a directory', () => {
  test.skipIf(!canMount)(`is tmpfs on a tmpfs${because(canMount, 'cannot mount')}`, () => {
    expect(filesystemOf(smallTmpfs())).toMatchObject({ name: 'tmpfs', reach: 'local', strategy: 'flock' });
  });

  test('of the disk is what stat(1) calls it', () => {
    const named = execFileSync('stat', ['-f', '-c', '%T', tmpdir()]).toString().trim();
    const known: Record<string, string> = { 'ext2/ext3': 'ext4', overlayfs: 'overlay' };
    const found = filesystemOf(tmpdir());
    expect(found.name).toBe(known[named] ?? named);
    expect(found).toMatchObject({ reach: 'local', strategy: 'flock' });
  });

  test.skipIf(!canMountExfat)(
    `is one that nobody can know through FUSE, so the safest strategy${because(canMountExfat, 'no exFAT through FUSE')}`,
    () => {
      expect(filesystemOf(exfat())).toMatchObject({ name: 'fuse', reach: 'network', strategy: 'lockdir' });
    },
  );

  test.skipIf(!existsSync('/proc/self'))('of an unknown kind gets the strategy that works everywhere', () => {
    expect(filesystemOf('/proc')).toEqual({
      name: 'unknown (0x9fa0)',
      reach: 'network',
      strategy: 'lockdir',
      lockdirPollMs: 50,
    });
  });

  test.each([
    [0xef53, 'ext4', 'flock', 50],
    [0x58465342, 'xfs', 'flock', 50],
    [0x9123683e, 'btrfs', 'flock', 50],
    [0x6969, 'nfs', 'lockdir', 100],
    [0x0bd00bd0, 'lustre', 'lockdir', 10],
    [0x47504653, 'gpfs', 'lockdir', 50],
    [0xff534d42, 'cifs', 'cifs', 100],
    [0xfe534d42, 'smb3', 'cifs', 100],
  ] as const)('0x%s is %s: %s', (magic, name, strategy, lockdirPollMs) => {
    expect(describeFilesystem(magic)).toMatchObject({ name, strategy, lockdirPollMs });
    // As the kernels of some architectures report it, in a signed field.
    expect(describeFilesystem(magic | 0)).toMatchObject({ name, strategy, lockdirPollMs });
  });

  test.each([
    ['lockdir', 0x6969, 100],
    ['lockdir', 0x0bd00bd0, 10],
    ['lockdir', 0xef53, 50],
    ['cifs', 0x0bd00bd0, 100],
    ['flock', 0xef53, 100],
    ['fcntl', 0x6969, 100],
  ] as const)('%s on %i is tried every %i ms unless something else was asked for', (strategy, magic, pollMs) => {
    expect(defaultPollMs(strategy, describeFilesystem(magic))).toBe(pollMs);
  });

  test('of a missing directory is an error', () => {
    expect(() => filesystemOf('/nowhere/at/all')).toThrow(/ENOENT/);
  });
});
