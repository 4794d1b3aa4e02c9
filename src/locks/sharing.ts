import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync } from 'node:fs';
import { DIRECTORY_MODE, FILE_MODE } from '../tables/locks.js';
import { entryAt } from './entry.js';

export { DIRECTORY_MODE, FILE_MODE } from '../tables/locks.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** By which a directory hands its group down; Node has no name for it. */
const S_ISGID = 0o2000;

/**
 * Gives a lock directory that we just made the permissions of a shared one and the group of its target.
 *
 * By way of a descriptor that follows no link: in a group-writable directory another user may have put a symbolic link to
 * one of our own files there meanwhile, which chmod(2) would open to the group.
 */
export function shareDirectory(path: string, target: string): void {
  share(path, target, O_DIRECTORY, DIRECTORY_MODE);
}

/** Likewise for a file that we just made. */
export function shareFile(path: string, target: string): void {
  share(path, target, 0, FILE_MODE);
}

function share(path: string, target: string, kind: number, mode: number): void {
  if (!masked(mode) && foreignGroup(target) === undefined) return;
  attempt(() => {
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | kind);
    try {
      // chmod(2) would clear the bit, and the pid file inside would get our own group instead of the shared one.
      shareDescriptor(fd, target, mode | (fstatSync(fd).mode & S_ISGID));
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * Gives an open file or directory that we just made the permissions of a shared one and the group of its target, so
 * that each member of the group can remove it once it is stale. Where the target does not exist yet, the SGID bit of
 * the directory has already given it the right group. What we may not change stays: the lock still works.
 */
export function shareDescriptor(fd: number, target: string, mode: number): void {
  if (masked(mode)) attempt(() => fchmodSync(fd, mode));
  const group = foreignGroup(target);
  if (group === undefined) return;
  attempt(() => {
    if (fstatSync(fd).gid !== group) fchownSync(fd, -1, group);
  });
}

let umask: number | undefined;

/** Whether the umask takes something of a mode away. Asked for once: asking sets it to 0 for an instant, in all threads. */
function masked(mode: number): boolean {
  umask ??= process.umask();
  return (umask & mode) !== 0;
}

/** Whether all users may read what we make. */
export function leavesReading(): boolean {
  return !masked(0o555);
}

/** The group of the target where it is not the one that our files get anyway. */
function foreignGroup(target: string): number | undefined {
  const group = entryAt(target)?.gid;
  return group === process.getegid?.() ? undefined : group;
}

function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // Not the owner, not a member of the group, or a file system without permissions.
  }
}
