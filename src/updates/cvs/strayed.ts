import { shellWord } from '../../text/shell-word.js';
import type { Fault } from '../version-control.js';
import type { Tree } from './tree.js';
import { type Following, lettersOf } from './update-options.js';

/**
 * Directories of which somebody has checked out a branch or a tag, where `-A` would take all of them to the trunk. A date is
 * what a Nightly update leaves, and goes without a word.
 */
export function strayedIn(source: string, { directories }: Tree, { options }: Following): Fault[] {
  const letters = lettersOf(options);
  if (!letters.has('A') || letters.has('r')) return [];
  // cvs writes T before the name of a branch, N before that of a tag.
  const strayed = directories.filter(({ tag }) => /^[TN]./.test(tag));
  const tags = [...new Set(strayed.map(({ tag }) => tag))];
  const update = `cd ${shellWord(source)} && cvs -f -Q update ${options.map(shellWord).join(' ')}`;
  return tags.map((tag) => {
    const [name, kind] = [tag.slice(1), tag.startsWith('T') ? 'branch' : 'tag'];
    const instead = JSON.stringify([...options.filter((option) => option !== '-A'), '-r', name]);
    const where = strayed.filter((directory) => directory.tag === tag).map(({ path }) => (path === '' ? '.' : path));
    const what = `-A in the options of the update would go to the trunk from the ${kind} ${JSON.stringify(name)} (options = ${instead} follow that) in`;
    return { what, paths: where.sort(), advice: tag === tags[0] ? [update] : [] };
  });
}
