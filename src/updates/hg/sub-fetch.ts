import { join } from 'node:path';
import { exists } from '../look.js';
import type { Checkout, Failed } from '../version-control.js';
import { hgFailure, knows, runHg } from './command.js';
import { subrepositoriesOf } from './sub-repositories.js';

/**
 * Pulls into the subrepositories of a tree what a revision of it wants of them, nested ones too. `hg update` itself pulls when it
 * has written half of the tree; a server that is away then leaves it there. What is not in the tree yet is left to that.
 *
 * @returns why not
 */
export async function fetchSubrepositories(
  checkout: Checkout,
  top: string,
  revision: string,
): Promise<Failed | undefined> {
  const wanted = await subrepositoriesOf(checkout, top, revision, false);
  if (wanted.kind === 'failed') return wanted;
  for (const { path, type, revision: inner } of wanted.all) {
    const source = join(top, path);
    if (type !== 'hg' || !exists(join(source, '.hg'))) continue;
    const inside: Checkout = { ...checkout, source };
    if ((await knows(inside, inner)) !== true) {
      const args = ['pull', '-r', inner];
      const pulled = await runHg(inside, args);
      // hg update finds the way by the repository around it.
      const isPathless = pulled.kind === 'failed' && pulled.stderr.includes('repository default not found');
      if (pulled.kind !== 'ok' && !isPathless) return { kind: 'failed', message: hgFailure(inside, args, pulled) };
    }
    const failed = await fetchSubrepositories(inside, source, inner);
    if (failed !== undefined) return failed;
  }
  return undefined;
}
