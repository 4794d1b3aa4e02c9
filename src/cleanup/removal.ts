import { closeSync, constants, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import { isThisHost } from '../host/host-name.js';
import type { Inspection, ObjectLock } from '../locks/index.js';

/** What became of a leftover that was to be removed. */
export type Removal =
  | { readonly kind: 'removed' }
  /** It was gone, or it is another one by now. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly why: string };

type Held = Extract<Inspection, { readonly kind: 'held' }>;

/**
 * Removes a lock whose owner is dead. It is looked at once more: one that changed hands meanwhile stays.
 *
 * An owner of this host is judged again, while no other process of this host removes locks. The owner on another host was
 * judged there, so only that very lock goes. Its host's processes could be removing it, too, and take it afresh; but
 * they would have done so at the moment of its owner's death, and asking their host took longer than they wait. If it
 * happens anyway, a lockdir keeps every process out until the name in it has been compared; an exclusive file has to be
 * moved away for that, and for this instant a third process could take the lock beside the second one.
 */
export async function removeLock(
  lock: ObjectLock,
  held: Held,
  here: Pick<Host, 'name' | 'fullName'>,
): Promise<Removal> {
  const { owner } = held;
  const elsewhere = owner !== undefined && owner.host !== '' && !isThisHost(owner.host, here);
  const result = await lock.break(elsewhere ? { force: true, ifStill: held } : {});
  if (result.kind === 'broken') return { kind: 'removed' };
  const now = lock.inspect();
  if (now.kind === 'free' || now.sinceMs !== held.sinceMs || now.owner?.pid !== held.owner?.pid)
    return { kind: 'gone' };
  if (result.kind === 'refused') return { kind: 'failed', why: result.why };
  return { kind: 'failed', why: 'it cannot be removed: it holds something other than an owner record; look at it' };
}

/** A temporary as it is on the disk: a file, a directory that was compiled into, a lock directory that was moved away. */
export type TemporaryShape = 'file' | 'directory' | 'lockdir';

export function removeTemporary(path: string, shape: TemporaryShape): Removal {
  try {
    if (shape === 'file') unlinkSync(path);
    else removeAside(path, shape === 'directory' ? /^/ : INSIDE);
    return { kind: 'removed' };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ESTALE') return { kind: 'gone' };
    if (code === 'ENOTEMPTY' || code === 'EEXIST') {
      return { kind: 'failed', why: 'it holds something other than an owner record; look at it' };
    }
    return { kind: 'failed', why: `no permission to remove it (${code})` };
  }
}

/** What is in a lock directory: the owner record, also as NFS and FUSE keep it while a process has it open. */
const INSIDE = /^(?:pid|\.nfs[0-9a-f]+|\.fuse_hidden[0-9a-f]+)$/;

/** By way of a descriptor that follows no symbolic link, lest one that is put there meanwhile leads us elsewhere. */
function removeAside(path: string, removed: RegExp): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const inside = process.platform === 'linux' ? `/proc/self/fd/${fd}` : path;
    for (const name of readdirSync(inside)) if (removed.test(name)) unlinkSync(join(inside, name));
  } finally {
    closeSync(fd);
  }
  rmdirSync(path);
}
