import { STRATEGIES, type Strategy } from '../tables/locks.js';

export { STRATEGIES, STRATEGY_TRAITS, type Strategy } from '../tables/locks.js';

/** Whether a word from a command line or file names a strategy. */
export function isStrategy(word: string): word is Strategy {
  return (STRATEGIES as readonly string[]).includes(word);
}
