/** How an object lock is taken. Which one suits which file system: see {@link describeFilesystem}. */
export type Strategy = 'lockdir' | 'cifs' | 'flock' | 'fcntl';

export const STRATEGIES: readonly Strategy[] = ['lockdir', 'cifs', 'flock', 'fcntl'];

/** Whether a word from a command line or file names a strategy. */
export function isStrategy(word: string): word is Strategy {
  return (STRATEGIES as readonly string[]).includes(word);
}
