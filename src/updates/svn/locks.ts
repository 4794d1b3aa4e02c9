import { join } from 'node:path';
import { real } from '../../config/work-tree.js';
import { openersOf } from '../../processes/openers.js';
import { neverStarted } from '../client.js';
import { withCommands } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { cleanup } from './advice.js';
import { runSvn, svnFailure } from './command.js';
import { topOf } from './places.js';
import type { Status } from './status.js';

/** What became of the locks that a killed svn has left in a working copy. */
export type Release =
  | { readonly kind: 'released' }
  /** They may be those of an svn that lives. The message says what to do. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * `svn cleanup` where a status has shown locks: it carries out what a killed svn had begun to do to files, and takes its
 * locks away, in the working copies of externals too. It would do the same to an svn that lives, so one that has the
 * working copy open refuses it. A process killed here leaves locks that the next call finds.
 *
 * @param otherHost where the svn that died had run, if not here
 */
export async function releaseLocks(checkout: Checkout, status: Status, otherHost?: string): Promise<Release> {
  for (const root of lockedRoots(checkout.source, status)) {
    const owners = openersOf(join(root, '.svn', 'wc.db'), 'svn');
    if (owners.length > 0) {
      const message = `svn (pid ${owners.join(', ')}) is running in ${root}; the next run continues once it has ended`;
      return { kind: 'refused', message };
    }
    if (otherHost !== undefined) {
      const what = `svn left its lock in ${root}, and this host cannot tell whether it is still running on ${otherHost}. Once it is not:`;
      return { kind: 'refused', message: withCommands(what, [cleanup(root)]) };
    }
    const args = ['cleanup', `${root}@`];
    const cleaned = await runSvn(checkout, args);
    if (cleaned.kind === 'ok') continue;
    const message = svnFailure(checkout, args, cleaned);
    return neverStarted(cleaned) ? { kind: 'refused', message } : { kind: 'failed', message };
  }
  return { kind: 'released' };
}

/** The working copies that have locks: each directory's nearest one at or above it. */
function lockedRoots(source: string, { entries }: Status): string[] {
  const locked = entries.filter((entry) => entry.locked).map(({ path }) => topOf(join(source, path)) ?? real(source));
  return [...new Set(locked)];
}
