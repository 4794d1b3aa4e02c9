import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';
import { syscalls } from '../host/syscalls.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

/** Whether the kernel holds a lock on a lock file for a process; `unseen` when that cannot be found out from here. */
export type KernelHold = 'absent' | 'free' | 'taken' | 'unseen';

/**
 * Finds out by taking flock(2) and then fcntl(2) on `T.lock` for an instant, since /proc/locks leaves out what other PID
 * namespaces hold. Nothing is created.
 *
 * On a network file system `free` speaks of this host only: whether the server is asked is up to the mount options.
 */
export function probeKernelLock(path: string): KernelHold {
  const flock = probe(path, 'flock');
  return flock === 'free' ? probe(path, 'fcntl') : flock;
}

/** One at a time: NFS turns a flock(2) into a lock of the server that excludes our own fcntl(2) lock. */
function probe(path: string, strategy: 'flock' | 'fcntl'): KernelHold {
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'absent' : 'unseen';
  }
  try {
    const system = syscalls();
    if (system === undefined || !fstatSync(fd).isFile()) return 'unseen';
    return system[strategy](fd) ? 'free' : 'taken';
  } catch {
    return 'unseen'; // ENOLCK: a server without locks
  } finally {
    closeSync(fd);
  }
}
