import { join } from 'node:path';
import { isDirectory } from '../look.js';
import { rootFinder } from '../within.js';
import { moveAway, setAside, setPropertiesAside, switchBack, updateAgain } from './advice.js';
import { externalFaults } from './external-faults.js';
import { type Found, found, type Look } from './found.js';
import type { Info } from './info.js';
import { partsOf, revisionOf } from './revision.js';
import type { Entry, Status } from './status.js';

/** Everything that keeps a tree from being a revision; svn exits with 0 over most of it. */
export function faultsOf(look: Look, revision: string): Found[] {
  return [
    ...rootFaults(look, revision),
    ...interruptions(look.source, look.status, String(look.tree.info.revision)),
    ...entryFaults(look),
    ...externalFaults(look),
  ];
}

/** Those that no update in a mode ends. */
export function lasting(mode: 'fast-forward' | 'reset', faults: readonly Found[]): Found[] {
  return faults.filter(({ endedBy }) => endedBy === 'person' || (endedBy === 'reset' && mode !== 'reset'));
}

/**
 * What an svn command has not brought to its end, whatever revision it was to bring.
 *
 * @param number of the working copy
 */
export function interruptions(source: string, { entries }: Status, number: string): Found[] {
  const conflicted = entries.filter((entry) => entry.conflicted);
  const ofDirectories = conflicted.filter((entry) => concernsPropertiesOnly(source, entry));
  const ofFiles = conflicted.filter((entry) => !ofDirectories.includes(entry));
  const is = (wanted: string) => entries.filter(({ item, conflicted }) => item === wanted && !conflicted);
  return [
    ...found('conflicts in', ofFiles, 'reset', (paths) => [
      ...moveAway(
        source,
        paths.map((path) => `${path}.prej`),
      ),
      ...setAside(source, paths),
    ]),
    ...found('conflicts in properties of', ofDirectories, 'reset', (paths) => [
      ...moveAway(
        source,
        paths.map((path) => join(path, 'dir_conflicts.prej')),
      ),
      ...setPropertiesAside(source, paths),
    ]),
    ...found(
      'locks of svn in',
      entries.filter(({ locked }) => locked),
      'update',
      () => [],
    ),
    ...found('directories that an update has not completed:', is('incomplete'), 'update', () => [
      updateAgain(source, number),
    ]),
    ...found('something else in the place of', is('obstructed'), 'reset', (paths) => moveAway(source, paths)),
  ];
}

/** The directory itself must then stay where it is. */
function concernsPropertiesOnly(source: string, { path, item, props }: Entry): boolean {
  return item !== 'conflicted' && props === 'conflicted' && isDirectory(join(source, path));
}

function rootFaults({ source, tree }: Look, revision: string): Found[] {
  const is = revisionOf(tree);
  const [here, wanted] = [partsOf(is), partsOf(revision)];
  const isThere = wanted.path === undefined || wanted.path === here.path;
  const isSame = isThere && here.number === wanted.number && sameExternals(here.externals, wanted.externals);
  if (is === revision || isSame) return [];
  const advice = isThere
    ? updateAgain(source, wanted.number)
    : switchBack(source, below(tree.info.root, wanted.path ?? ''), wanted.number);
  return [
    {
      what: `it is at ${is} instead of ${revision}`,
      paths: [],
      advice: [advice],
      endedBy: isThere ? 'update' : 'person',
    },
  ];
}

function sameExternals(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([path, changed]) => other.get(path) === changed);
}

/** Files and directories that are not what their working copy is. */
function entryFaults({ source, status: { entries }, tree, notPresent }: Look): Found[] {
  const within = rootFinder(tree.externals.map(({ path }) => path));
  const infos = new Map<string, Info | undefined>(tree.externals.map(({ path, info }) => [path, info]));
  const revisionAt = (root: string): string => String((root === '.' ? tree.info : infos.get(root))?.revision ?? '');
  const rootOf = (path: string): string => within(path) ?? '.';
  // What a definition above the source has put here belongs to none of them, and no update of the source moves it.
  const isOurs = ({ path, external }: Entry): boolean => !external || within(path) !== undefined;
  const versioned = entries.filter((entry) => entry.revision !== '' && entry.item !== 'external' && isOurs(entry));
  const elsewhere = versioned.filter(({ path, revision }) => !['', revision].includes(revisionAt(rootOf(path))));
  const missing = entries.filter(({ item }) => item === 'missing');
  const switched = entries.filter(({ path, switched: isSo }) => isSo && !infos.has(path));
  const updates = (paths: readonly string[]): string[] =>
    [...new Set(paths.map(rootOf))].flatMap((root) => {
      // A file external that is missing comes with the source.
      const number = revisionAt(root);
      return number === '' ? [] : [updateAgain(join(source, root), number)];
    });
  const switches = (paths: readonly string[]): string[] =>
    paths.flatMap((path) => {
      const root = rootOf(path);
      const info = root === '.' ? tree.info : infos.get(root);
      if (info === undefined) return [];
      const place = below(info.url, root === '.' ? path : path.slice(root.length));
      return [switchBack(join(source, path), place, String(info.revision))];
    });
  return [
    ...found(
      'missing files:',
      [...missing.filter(({ revision }) => revision !== ''), ...notPresent.map((path) => ({ path }))],
      'update',
      updates,
    ),
    ...found(
      'missing files that were added:',
      missing.filter(({ revision }) => revision === ''),
      'reset',
      (paths) => setAside(source, paths),
    ),
    ...found(
      `files at another revision than ${tree.info.revision}:`,
      elsewhere.filter(({ external }) => !external),
      'update',
      updates,
    ),
    ...found(
      'files at another revision than their external:',
      elsewhere.filter(({ external }) => external),
      'update',
      updates,
    ),
    ...found(
      'paths that are switched elsewhere:',
      switched.filter(({ external }) => !external),
      'reset',
      switches,
    ),
    ...found(
      'paths in externals that are switched elsewhere:',
      switched.filter(({ external }) => external),
      'person',
      switches,
    ),
  ];
}

/** The URL of a path below another. */
function below(url: string, path: string): string {
  const names = path.replace(/^\//, '');
  return names === '' ? url : `${url}/${encodeURIComponent(names).replaceAll('%2F', '/')}`;
}
