import { withCommands } from '../proof.js';
import type { Checkout, Failed } from '../version-control.js';
import { comeFrom } from './advice.js';
import { readSvn } from './command.js';
import { type Info, infoOf, pathInRepository } from './info.js';

/**
 * A repository that was loaded anew from a backup gets other commits with the numbers of those that were lost, and svn takes
 * them for the same: it sends what has changed since, and leaves all else of the lost ones in the tree. So the commit that has last
 * changed the tree is compared with the one of that number there, by its date.
 *
 * Another date alone means nothing: an administrator may mend one, and a mirror (svnsync) gives a revision its date only after it has
 * put it in. Then the files decide: a commit that has not changed in the repository what it has changed here is another one. One
 * that was done again with the same files counts as the same.
 *
 * Costs one process where there is news, and nothing where there is none.
 *
 * @param here the working copy
 * @param there its directory in the repository, at the revision to go to
 */
export async function otherHistory(checkout: Checkout, here: Info, there: Info): Promise<Failed | undefined> {
  // A tree that goes back to the revision of a night.
  if (there.changed < here.changed) return undefined;
  const number = String(here.changed);
  const then = there.changed === here.changed ? there : await infoOf(checkout, `${here.url}@${number}`, number);
  if (then.kind === 'failed' || then.date === here.date) return undefined;
  const [ours, theirs] = [await changedHere(checkout, here), await changedThere(checkout, here)];
  if ('kind' in ours) return ours;
  if ('kind' in theirs) return theirs;
  const missing = [...ours].filter((path) => !theirs.has(path)).sort();
  const [first] = missing;
  if (first === undefined) return undefined;
  const what = [
    `revision ${number} of ${here.root} is not the one that is checked out in ${checkout.source}: it was committed ${then.date} there and ${here.date} here, and does not change ${first} there.`,
    'The repository was probably restored from a backup. To check it out anew:',
  ].join('\n');
  return { kind: 'failed', message: withCommands(what, comeFrom(checkout.source, '', here.url)) };
}

/** The files that the newest commit of a working copy has changed or added, relative to it. Looks at all of them. */
async function changedHere(checkout: Checkout, here: Info): Promise<Set<string> | Failed> {
  const paths = new Set<string>();
  let entry = '';
  const read = await readSvn(checkout, ['info', '--xml', '-R', '.@'], {
    open: (name, attributes) => {
      if (name === 'entry') entry = attributes['kind'] === 'file' ? (attributes['path'] ?? '') : '';
      if (name === 'commit' && entry !== '' && Number(attributes['revision']) === here.changed) paths.add(entry);
    },
  });
  return read.kind === 'failed' ? read : paths;
}

/** The paths that the commit of that number changes in the repository, relative to the directory. */
async function changedThere(checkout: Checkout, here: Info): Promise<Set<string> | Failed> {
  const base = `${pathInRepository(here)}/`;
  const paths = new Set<string>();
  const args = ['log', '--xml', '-v', '-q', '-r', String(here.changed), here.root];
  const read = await readSvn(checkout, args, {
    close: (name, text) => {
      if (name === 'path' && text.startsWith(base)) paths.add(text.slice(base.length));
    },
  });
  return read.kind === 'failed' ? read : paths;
}
