import { shellWord } from '../../text/shell-word.js';
import { asideLine } from '../aside.js';
import { toCopy } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { wordOf } from '../word.js';
import { nulSeparated } from './command.js';
import { entryOf, type Status } from './status.js';
import { absolute, key, statOf } from './touched.js';

/**
 * What puts aside, beside each file, what keeps git from writing the files of an update: changes of a person's in them, and what git
 * does not know where the update adds one. git itself names both, and no command.
 *
 * @param paths those that the update writes, from the top
 * @param status before it
 */
export async function asidesFor(
  checkout: Checkout,
  top: string,
  target: string,
  paths: readonly Buffer[],
  status: Status,
): Promise<string[]> {
  const written = new Set(paths.map(key));
  const changed = status.entries
    .flatMap((line) => entryOf(line) ?? [])
    .filter(({ path, isSubmodule }) => !isSubmodule && written.has(key(path)));
  const known = new Set(changed.map(({ path }) => key(path)));
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', '--diff-filter=A'];
  const added = await nulSeparated({ ...checkout, source: top }, [...args, status.head, target, '--']);
  if (added.kind === 'failed') return [];
  const unknown = added.value.filter((path) => !known.has(key(path))).map((path) => unknownAt(top, path, written));
  const standing = [...changed.map(({ path }) => path), ...unknown.flatMap((path) => path ?? [])];
  const here = [...new Map(standing.map((path) => [key(path), path])).values()].filter(
    (path) => statOf(absolute(top, path)) !== undefined,
  );
  const restore = `git -C ${shellWord(top)} restore --source=HEAD --staged --worktree`;
  return toCopy('To put aside what is in the way:', [
    ...here.map((path) => asideLine(absolute(top, path))),
    ...withPaths(
      restore,
      changed.filter(({ isInHead }) => isInHead),
    ),
    ...withPaths(
      `git -C ${shellWord(top)} rm -q --cached`,
      changed.filter(({ isInHead }) => !isInHead),
    ),
  ]);
}

/** What stands at a path, or on the way to it, and is no file of the revision that the update writes, too. */
function unknownAt(top: string, path: Buffer, written: ReadonlySet<string>): Buffer | undefined {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    const above = path.subarray(0, end);
    const stat = statOf(absolute(top, above));
    if (stat !== undefined && !stat.isDirectory()) return written.has(key(above)) ? undefined : above;
  }
  const stat = statOf(absolute(top, path));
  // A directory of which the update makes a file, and removes what is in it.
  const isOfRevision = stat?.isDirectory() && [...written].some((other) => other.startsWith(`${key(path)}/`));
  return stat === undefined || isOfRevision ? undefined : path;
}

function withPaths(command: string, some: readonly { readonly path: Buffer }[]): string[] {
  if (some.length === 0) return [];
  const words = some.map(({ path }) => wordOf(Buffer.concat([Buffer.from(':(top,literal)'), path])));
  return [`${command} -- ${words.join(' ')}`];
}
