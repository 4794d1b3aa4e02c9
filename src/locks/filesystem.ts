import { statfsSync } from 'node:fs';
import type { Strategy } from './strategy.js';

/** A file system as far as locks are concerned. */
export interface Filesystem {
  /** As mount(8) names it. */
  readonly name: string;
  /** Whether other hosts may see the same files; only on a local one does inotify tell of every change. */
  readonly reach: 'local' | 'network';
  /** The strategy that is known to work on it. */
  readonly strategy: Strategy;
  /** Milliseconds between two attempts to make a lock directory: Lustre answers fast, NFS has latency. */
  readonly lockdirPollMs: number;
}

const local = (name: string): Filesystem => ({ name, reach: 'local', strategy: 'flock', lockdirPollMs: 50 });
const network = (name: string, lockdirPollMs: number, strategy: Strategy = 'lockdir'): Filesystem => ({
  name,
  reach: 'network',
  strategy,
  lockdirPollMs,
});

/** statfs(2) magic numbers, from linux/magic.h and the file systems' own headers. */
const BY_MAGIC: ReadonlyMap<number, Filesystem> = new Map([
  [0xef53, local('ext4')],
  [0x58465342, local('xfs')],
  [0x9123683e, local('btrfs')],
  [0x01021994, local('tmpfs')],
  [0x794c7630, local('overlay')],
  [0x2fc12fc1, local('zfs')],
  [0xf2f52010, local('f2fs')],
  [0xca451a4e, local('bcachefs')],
  [0x858458f6, local('ramfs')],
  [0x3153464a, local('jfs')],
  [0x52654973, local('reiserfs')],
  [0x4d44, local('vfat')],
  [0x2011bab0, local('exfat')],
  [0x7366746e, local('ntfs3')],
  [0x6969, network('nfs', 100)],
  [0x0bd00bd0, network('lustre', 10)],
  [0x47504653, network('gpfs', 50)],
  [0x19830326, network('beegfs', 50)],
  [0x00c36400, network('ceph', 50)],
  [0x5346414f, network('afs', 100)],
  [0x7461636f, network('ocfs2', 50)],
  [0x01161970, network('gfs2', 50)],
  [0xaad7aaea, network('panfs', 50)],
  [0x01021997, network('9p', 50)],
  [0x786f4256, network('vboxsf', 100)],
  // sshfs, s3fs, GlusterFS, virtiofs and local ones alike: nothing tells them apart, so the safest strategy.
  [0x65735546, network('fuse', 50)],
  [0xff534d42, network('cifs', 100, 'cifs')],
  [0xfe534d42, network('smb3', 100, 'cifs')],
  [0x517b, network('smbfs', 100, 'cifs')],
]);

/** What a statfs(2) magic number means. An unknown one gets the strategy that works everywhere. */
export function describeFilesystem(magic: number): Filesystem {
  // The kernel's field is signed on some architectures; the numbers above are not.
  const unsigned = magic >>> 0;
  return BY_MAGIC.get(unsigned) ?? network(`unknown (0x${unsigned.toString(16)})`, 50);
}

/** Milliseconds between two attempts to get a lock where nobody has set them, as ct-lock-helper documents them. */
export function defaultPollMs(strategy: Strategy, filesystem: Filesystem): number {
  return strategy === 'lockdir' ? filesystem.lockdirPollMs : 100;
}

/**
 * The file system that a directory lies on.
 *
 * @throws ENOENT and the other errors of statfs(2)
 */
export function filesystemOf(directory: string): Filesystem {
  return describeFilesystem(statfsSync(directory).type);
}
