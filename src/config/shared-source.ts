import { statSync } from 'node:fs';
import { sep } from 'node:path';
import type { Primary, UpdateSource } from './project.js';
import { real, workTreeOf } from './work-tree.js';

/** A primary that updates its source. */
export type Updating = Primary & { readonly update: UpdateSource };

/** Two primaries that would move each other's source. */
export interface Collision {
  readonly first: Updating;
  readonly second: Updating;
  /** How their sources meet, for a message. */
  readonly how: string;
}

/** What is known of where the source of a primary really lies. */
interface Place {
  readonly primary: Updating;
  /** Without symbolic links where it is there. */
  readonly source: string;
  readonly administration: string | undefined;
  /** Of the administrative directory, or of the source: the same by whatever path, a bind mount included. */
  readonly inode: string | undefined;
}

/** The pairs of primaries that update one source, or one inside the other, by whatever paths. Looks, and touches nothing. */
export function collisionsOf(primaries: readonly Primary[]): Collision[] {
  const updating = primaries.filter(
    (primary): primary is Updating => primary.update !== undefined && !primary.update.versionOnly,
  );
  if (updating.length < 2) return [];
  const places = updating.map(placeOf);
  return places.flatMap((first, index) =>
    places.slice(index + 1).flatMap((second) => {
      const how = meeting(first, second);
      return how === undefined ? [] : [{ first: first.primary, second: second.primary, how }];
    }),
  );
}

function placeOf(primary: Updating): Place {
  const administration = workTreeOf(primary.source, primary.update.type)?.administration;
  const source = real(primary.source);
  return { primary, source, administration, inode: inodeOf(administration ?? source) };
}

function meeting(first: Place, second: Place): string | undefined {
  const { source } = first;
  if (source === second.source) return `update ${source}`;
  if (first.inode !== undefined && first.inode === second.inode) {
    return `update one work tree (${source} and ${second.source})`;
  }
  for (const [outer, inner] of [
    [first, second],
    [second, first],
  ] as const) {
    const isBelow = inner.source.startsWith(outer.source.endsWith(sep) ? outer.source : outer.source + sep);
    if (isBelow || isSubmodule(outer, inner)) return `update ${outer.source} and, inside it, ${inner.source}`;
  }
  return undefined;
}

function isSubmodule(outer: Place, inner: Place): boolean {
  const { update } = outer.primary;
  return (
    update.type === 'git' &&
    update.submodules !== 'none' &&
    (inner.administration?.startsWith(`${outer.administration}/modules/`) ?? false)
  );
}

function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
