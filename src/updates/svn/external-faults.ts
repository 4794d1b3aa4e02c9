import { join } from 'node:path';
import { exists } from '../look.js';
import { moveAway, updateAgain } from './advice.js';
import { isOf } from './definitions.js';
import { type Found, found, type Look } from './found.js';
import type { External } from './tree.js';

/** Externals that are not what their definitions say. */
export function externalFaults({
  source,
  tree: { info, externals },
  complete,
}: Pick<Look, 'source' | 'tree' | 'complete'>): Found[] {
  const again = (): string[] => [updateAgain(source, String(info.revision))];
  const absent = externals.filter((external) => external.info === undefined && external.base !== undefined);
  const inTheWay = absent.filter(({ path }) => exists(join(source, path)));
  // svn puts no externals into directories that were checked out without what is below them.
  const missing = absent.filter(
    (external) => !inTheWay.includes(external) && complete && external.base?.depth === 'infinity',
  );
  const other = externals.filter((external) => !isAsDefined(external));
  return [
    ...found('something else in the place of externals:', inTheWay, 'person', (paths) => moveAway(source, paths)),
    ...found('missing externals:', missing, 'update', again),
    ...found('externals that are not what their definitions say:', other, 'update', again),
  ];
}

function isAsDefined({ definition, info, base }: External): boolean {
  if (info === undefined || base === undefined) return true;
  const { pinned, operative } = definition;
  if (pinned !== undefined && /^\d+$/.test(pinned) && Number(pinned) !== info.revision) return false;
  return operative || isOf(definition, base, info);
}
