import { shellWord } from '../../text/shell-word.js';
import type { Fault } from '../version-control.js';
import { outermost } from '../within.js';
import { wordOf } from '../word.js';
import { hasPlaceOfItsOwn } from './entries.js';
import { sortedPaths } from './fault.js';
import { type Directory, type Entry, parentOf, type Tree } from './tree.js';
import { type Following, lettersOf } from './update-options.js';

/**
 * What is bound to something that the options of the update do not follow. A date is what a Nightly update leaves, and goes
 * without a word.
 */
export function strayedIn(source: string, tree: Tree, { options }: Following): Fault[] {
  const letters = lettersOf(options);
  if (letters.has('r')) return [];
  return letters.has('A') ? goneFrom(source, tree, options) : boundElsewhere(source, tree);
}

/** Directories in which a person has checked out a branch or a tag, where `-A` would take all of them to the trunk. */
function goneFrom(source: string, { directories }: Tree, options: readonly string[]): Fault[] {
  // cvs writes T before the name of a branch, N before that of a tag.
  const strayed = directories.filter(({ tag }) => /^[TN]./.test(tag));
  const tags = [...new Set(strayed.map(({ tag }) => tag))];
  const update = `cd ${shellWord(source)} && cvs -f -Q update ${options.map(shellWord).join(' ')}`;
  return tags.map((tag) => {
    const [name, kind] = [tag.slice(1), tag.startsWith('T') ? 'branch' : 'tag'];
    const instead = JSON.stringify([...options.filter((option) => option !== '-A'), `-r${name}`]);
    const where = strayed.filter((directory) => directory.tag === tag).map(({ path }) => (path === '' ? '.' : path));
    const what = `-A in the options of the update would take these directories from the ${kind} ${JSON.stringify(name)} to the trunk (to stay on the ${kind}: options = ${instead}):`;
    return { what, paths: where.sort(), advice: tag === tags[0] ? [update] : [] };
  });
}

/**
 * Without `-A` and `-r` each file and directory stays at what it is bound to. That has to be what the source itself is bound
 * to; a directory that was checked out from elsewhere in the repository stands for itself.
 */
function boundElsewhere(source: string, { directories, files }: Tree): Fault[] {
  const places = new Map(directories.map((directory) => [directory.path, directory]));
  const meant = new Map<string, string>();
  const isStray = ({ path, tag }: { readonly path: string; readonly tag: string }, parent: string): boolean =>
    !tag.startsWith('D') && nameOf(tag) !== meant.get(parent) && path !== '';
  const strayed: (Directory | Entry)[] = [];
  for (const directory of directories) {
    const own = hasPlaceOfItsOwn(directory, places);
    const parent = parentOf(directory.path);
    meant.set(directory.path, own ? nameOf(directory.tag) : (meant.get(parent) ?? ''));
    if (!own && isStray(directory, parent)) strayed.push(directory);
  }
  // cvs notes nothing of that for a file that is to be added or removed.
  const noted = files.filter(({ revision }) => revision !== '0' && !revision.startsWith('-'));
  strayed.push(...noted.filter((file) => isStray(file, parentOf(file.path))));
  const outer = new Set(outermost(strayed.map(({ path }) => path)));
  const tops = strayed.filter(({ path }) => outer.has(path));
  const tags = [...new Set(tops.map(({ path }) => meant.get(parentOf(path)) ?? ''))];
  return tags.map((tag) => {
    const some = tops.filter(({ path }) => (meant.get(parentOf(path)) ?? '') === tag);
    const what = `on a branch or tag other than the ${tag === '' ? 'trunk' : `branch or tag ${JSON.stringify(tag)}`}, which the directory above follows:`;
    const words = some.map(({ bytes }) => wordOf(bytes)).join(' ');
    const back = tag === '' ? '-A' : `-r ${shellWord(tag)}`;
    const advice = [`cd ${shellWord(source)} && cvs -f -Q update ${back} -- ${words}`];
    return { what, paths: sortedPaths(some), advice };
  });
}

/** A file has T before the name of a tag, too. A date is none. */
const nameOf = (tag: Directory['tag']): string => (tag.startsWith('D') ? '' : tag.slice(1));
