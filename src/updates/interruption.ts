import { join } from 'node:path';
import { findPlaces } from './git/tree-state.js';
import { UNFINISHED } from './git/under-way.js';
import { unfinishedIn } from './hg/unfinished.js';
import { exists } from './look.js';
import { listed } from './proof.js';
import type { SystemName } from './record.js';
import { interruptions } from './svn/faults.js';
import { statusOf } from './svn/status.js';
import type { Checkout, Failed } from './version-control.js';

/**
 * What a command of a version control system has begun in a tree and not ended, in words for a person; `what` is undefined
 * when there is nothing. CVS notes nothing of that kind. Touches nothing.
 */
export async function interruptionIn(
  type: SystemName,
  checkout: Checkout,
): Promise<{ readonly kind: 'seen'; readonly what: string | undefined } | Failed> {
  switch (type) {
    case 'git': {
      const places = await findPlaces(checkout);
      if (places.kind === 'failed') return places;
      const { gitDirectory } = places.value;
      return { kind: 'seen', what: ['index.lock', ...UNFINISHED].map((name) => join(gitDirectory, name)).find(exists) };
    }
    case 'hg':
      return { kind: 'seen', what: unfinishedIn(checkout.source)?.note };
    case 'svn': {
      const status = await statusOf(checkout, []);
      if (status.kind === 'failed') return status;
      const left = interruptions(checkout.source, status, 'BASE').map(({ what, paths }) => `${what} ${listed(paths)}`);
      return { kind: 'seen', what: left[0] };
    }
    case 'cvs':
      return { kind: 'seen', what: undefined };
  }
}
