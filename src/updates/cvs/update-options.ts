import type { CvsUpdate } from '../../config/project.js';

/** How the tree follows. */
export type Following = Pick<CvsUpdate, 'options' | 'mode'>;

/** `-A` first: it forgets the date that a Nightly update leaves behind, and `-D` then sets another one. */
export function updateArguments({ options, mode }: Following, asOf?: Date): string[] {
  const clean = mode === 'reset' ? ['-C'] : [];
  const date = asOf === undefined ? [] : ['-D', `${asOf.toISOString().slice(0, 19).replace('T', ' ')} UTC`];
  return ['update', ...options, ...clean, ...date];
}

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
