import { dirname, join, relative } from 'node:path';
import { shellWord } from '../../text/shell-word.js';
import { exists } from '../look.js';
import { toCopy } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { readSvn } from './command.js';
import { topOf } from './places.js';

/** svn names the copy that it cannot open, or the file whose copy is another text than it notes. */
const LOST = /'([^'\n]*)\/\.svn\/pristine\/[0-9a-f]{2}\/([0-9a-f]{40})\.svn-base'/;
const OTHER = /Checksum mismatch while updating '([^'\n]+)'/;

/** A file of a working copy, as svn has noted it. */
interface Noted {
  readonly path: string;
  readonly url: string;
  readonly revision: string;
  /** Of its text in the repository. */
  readonly checksum: string;
}

/** As many copies as an advice names. */
const MANY = 50;

/**
 * What to tell a person where svn has lost its own copy of a file, or finds another text in it (a disk that was full, a clean-up by
 * hand): no update ends that. The server gives it out again, and no file of the tree is touched.
 *
 * @param said what svn has said of a command that failed
 */
export async function explainLostCopies(checkout: Checkout, said: string): Promise<string[]> {
  const [, top, lost] = LOST.exec(said) ?? [];
  const other = OTHER.exec(said)?.[1];
  const root = top ?? (other === undefined ? undefined : topOf(dirname(other)));
  if (root === undefined) return [];
  const notes = await notesOf({ ...checkout, source: root });
  const named = lost ?? notes.find(({ path }) => path === relative(root, other ?? ''))?.checksum;
  const copies = new Map(notes.map((note) => [note.checksum, note]));
  const missing = [...copies.values()].filter(({ checksum }) => checksum === named || !exists(copyAt(root, checksum)));
  return toCopy(
    'svn has lost its pristine copies of some files. To get them from the server again:',
    missing.slice(0, MANY).flatMap(({ url, revision, checksum }) => {
      const copy = copyAt(root, checksum);
      const place = shellWord(copy);
      return [
        `mkdir -p ${shellWord(dirname(copy))}`,
        `rm -f ${place}`,
        `svn cat --ignore-keywords -r ${revision} ${shellWord(`${url}@${revision}`)} > ${place}`,
      ];
    }),
  );
}

const copyAt = (root: string, checksum: string): string =>
  join(root, '.svn', 'pristine', checksum.slice(0, 2), `${checksum}.svn-base`);

async function notesOf(checkout: Checkout): Promise<Noted[]> {
  const notes: Noted[] = [];
  let [path, url, revision] = ['', '', ''];
  await readSvn(checkout, ['info', '-R', '--xml', '.@'], {
    open: (name, attributes) => {
      if (name === 'entry') [path, revision] = [attributes['path'] ?? '', attributes['revision'] ?? ''];
    },
    close: (name, text) => {
      if (name === 'url') url = text;
      if (name === 'checksum') notes.push({ path, url, revision, checksum: text });
    },
  });
  return notes;
}
