import { UNSEEN_RANGES } from '../tables/unseen.js';

export { UNSEEN_RANGES } from '../tables/unseen.js';

/** The same as what stands between the brackets of a regular expression with the flag `u`. */
export const UNSEEN_CLASS = UNSEEN_RANGES.map(([from, to]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`).join(
  '',
);
