/** What is at a path, without following a link there. Times in nanoseconds by the clock of its file system. */
export type Entry =
  | { readonly kind: 'absent' }
  /** Something is in the way: no permission, too many links, an error of the disk. */
  | { readonly kind: 'unclear' }
  | { readonly kind: 'file' | 'directory' | 'other'; readonly changed: bigint }
  | { readonly kind: 'link'; readonly changed: bigint; readonly to: string };

/** Looks at an absolute path in which no link is left but perhaps the last name. */
export type Look = (path: string) => Entry;

/**
 * What somebody finds who opens a path, and whether it was the same at an earlier moment.
 *
 * `settled` of what is there: no name on the way, and nothing that a link on the way leads to, has been made or replaced
 * since; where it is a file, it has not been written to either. Of what is not there: nobody has made or removed a name in
 * the directory where the way ends.
 */
export interface Found {
  readonly kind: 'absent' | 'unclear' | 'file' | 'directory' | 'other';
  readonly settled: boolean;
}

/** As Linux: more links than this are a circle. */
const MOST_LINKS = 40;

/**
 * Follows a path name by name.
 *
 * A name leads to the same as before when what it leads to has not changed: moving and linking change the time stamp (ctime)
 * of what is moved. A directory in which files come and go changes, too; then that of the directory around it counts, in
 * which a new name would be a change. That holds on the local file systems of Linux; on others ask nobody.
 *
 * @param path absolute; relative ones stand behind the physical path of the working directory
 * @param before whatever changed earlier than this is as it was
 */
export function follow(path: string, before: bigint, look: Look): Found {
  const root = look('/');
  if (root.kind !== 'directory') return { kind: 'unclear', settled: false };
  /** The directories from the root to where we are: their paths and times of change. */
  const way = [{ path: '', changed: root.changed }];
  let names = path.split('/').filter(isStep);
  let settled = true;
  for (let links = 0; ; ) {
    const here = way[way.length - 1];
    const name = names.shift();
    if (here === undefined || links > MOST_LINKS) return { kind: 'unclear', settled: false };
    if (name === undefined) return { kind: 'directory', settled };
    if (name === '..') {
      if (way.length > 1) way.pop();
      continue;
    }
    const entry = look(`${here.path}/${name}`);
    if (entry.kind === 'unclear') return { kind: 'unclear', settled: false };
    if (entry.kind === 'absent') return { kind: 'absent', settled: settled && here.changed < before };
    settled &&= entry.changed < before || (entry.kind !== 'file' && here.changed < before);
    if (entry.kind === 'link') {
      links++;
      if (entry.to.startsWith('/')) way.length = 1;
      names = [...entry.to.split('/').filter(isStep), ...names];
    } else if (entry.kind === 'directory') {
      way.push({ path: `${here.path}/${name}`, changed: entry.changed });
    } else if (names.length > 0) {
      // A file in the place of a directory.
      return { kind: 'absent', settled };
    } else {
      return { kind: entry.kind, settled };
    }
  }
}

const isStep = (name: string): boolean => name !== '' && name !== '.';
