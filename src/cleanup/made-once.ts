import { closeSync, constants, lstatSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { type CleanupContext, findingOf } from './finding.js';

/** Where ct-lock-helper keeps what it has to know of objects that several want. */
export const MADE_ONCE = '.made-once';

/** Facts are of no use after an hour. */
const LASTS_MS = 24 * 3_600_000;
const OURS = /^(?:wanted|.+\.made|[0-9a-f]{64}\.probe|\.\d{1,10}\.[0-9a-f]{16}\.tmp)$/s;

/**
 * Removes files from such directories that were not written to for a day, and directories that are empty. A process that dies
 * here has removed some of them; one that writes facts at the same time loses them at worst.
 */
export function cleanMadeOnce(directories: readonly string[], context: CleanupContext): void {
  for (const path of directories) {
    const about = { path, what: 'facts', owner: undefined } as const;
    try {
      const removed = removeOld(path, context);
      if (removed > 0) {
        const why = `${removed} file${removed === 1 ? '' : 's'} older than a day`;
        context.report({ ...about, fate: context.dryRun ? 'would-remove' : 'removed', why });
      }
    } catch (error) {
      const finding = findingOf(error, about);
      if (finding !== undefined) context.report(finding);
    }
  }
}

/** By way of a descriptor that follows no symbolic link, lest one that is put there meanwhile leads us elsewhere. */
function removeOld(path: string, { host, dryRun, places }: CleanupContext): number {
  const offsetMs = places.of(path).clock.offsetMs(path) ?? 0;
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  let removed = 0;
  let left = 0;
  try {
    const inside = process.platform === 'linux' ? `/proc/self/fd/${fd}` : path;
    for (const name of readdirSync(inside)) {
      const entry = lstatSync(join(inside, name), { throwIfNoEntry: false });
      if (entry === undefined) continue;
      const old = host.now() + offsetMs - entry.mtimeMs > LASTS_MS;
      if (!OURS.test(name) || !entry.isFile() || !old) left++;
      else {
        if (!dryRun) unlinkSync(join(inside, name));
        removed++;
      }
    }
  } finally {
    closeSync(fd);
  }
  if (left === 0 && !dryRun) removeEmpty(path);
  return removed;
}

/** Unless another process has just written something there. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
  }
}
