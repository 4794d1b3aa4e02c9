import type { CvsUpdate } from '../../config/project.js';
import type { Tree } from './tree.js';

/** How the tree follows. */
export type Following = Pick<CvsUpdate, 'options' | 'mode'>;

/** What each file and directory is bound to; that of the source itself comes first. */
type Bound = {
  readonly [Part in 'directories' | 'files']: readonly Pick<Tree[Part][number], 'tag'>[];
};

/** `-A` first: it forgets the date that a Nightly update leaves behind, and `-D` then sets another one. */
export function updateArguments({ options, mode }: Following, bound: Bound, asOf?: Date): string[] {
  const clean = mode === 'reset' ? ['-C'] : [];
  return ['update', ...options, ...holding(options, bound, asOf), ...clean, ...dateOption(asOf)];
}

/** For the words of a report. */
export const plainArguments = (following: Following): string[] =>
  updateArguments(following, { directories: [], files: [] });

export const dateOption = (asOf: Date | undefined): string[] =>
  asOf === undefined ? [] : ['-D', `${asOf.toISOString().slice(0, 19).replace('T', ' ')} UTC`];

/** Where the options say nothing of it: `-D` alone would go from a branch to the trunk, and stay at that date. */
function holding(options: readonly string[], { directories, files }: Bound, asOf: Date | undefined): string[] {
  const letters = lettersOf(options);
  if (letters.has('A') || letters.has('r') || letters.has('D')) return [];
  const branch = branchOf(directories[0]?.tag ?? '');
  if (branch !== undefined) return asOf === undefined ? [] : ['-r', branch];
  return [...directories, ...files].some(({ tag }) => tag.startsWith('D')) ? ['-A'] : [];
}

/** The branch or tag that a directory is bound to. */
export const branchOf = (tag: string): string | undefined => /^[TN](.+)/.exec(tag)?.[1];

/** The options of `cvs update` that a word follows, or the rest of their own. */
const WITH_WORD = 'DIWjkr';

/** The single letters of options, and what stands after them: `-dP -r SIDE` are `d`, `P` and `r` with `SIDE`. */
export function lettersOf(options: readonly string[]): Map<string, string> {
  const letters = new Map<string, string>();
  for (let at = 0; at < options.length; at++) {
    const word = options[at] ?? '';
    if (!word.startsWith('-')) continue;
    for (let i = 1; i < word.length; i++) {
      const letter = word.charAt(i);
      const takesWord = WITH_WORD.includes(letter);
      const rest = word.slice(i + 1);
      letters.set(letter, takesWord ? rest || (options[++at] ?? '') : '');
      if (takesWord) break;
    }
  }
  return letters;
}
