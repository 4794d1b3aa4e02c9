import { belongTogether, together, wordsOf } from './collected.js';
import { distinct, type Letter } from './letter.js';
import { dropLetter, freshRecipients, lettersIn, type SpooledLetter, writeLetter } from './spool.js';

/** Of those that came after it, so many are looked at: the cost of a letter must not grow with what waits. */
const MOST = 100;

/**
 * The letter with all in it that others say which wait in the spool and belong to it; those are gone then. One that has been tried
 * before stays as it is.
 *
 * Only who delivers does this. The whole letter is written first and the others are removed after that: who dies in between leaves
 * parts that are in two letters, which the next delivery puts together again before it sends either.
 *
 * @throws the system's error
 */
export function withOthers(spool: string, spooled: SpooledLetter): SpooledLetter {
  if (spooled.letter.collected === undefined || spooled.tries > 0) return spooled;
  const others = untriedOthers(spool, spooled);
  let { letter } = spooled;
  const taken: SpooledLetter[] = [];
  for (;;) {
    const index = others.findIndex((other) => belongs(letter, other.letter));
    const [other] = index < 0 ? [] : others.splice(index, 1);
    if (other === undefined) break;
    letter = merged(letter, other.letter);
    taken.push(other);
  }
  if (taken.length === 0) return spooled;
  const whole = { ...spooled, letter, waiting: freshRecipients(letter) };
  writeLetter(whole);
  for (const other of taken) dropLetter(other);
  return whole;
}

/**
 * Until when letters wait in a spool for others that belong to them, of those that were put there at some time or later.
 *
 * @returns milliseconds since 1970; undefined when none does
 * @throws the system's error
 */
export function collectsUntilMs(spool: string, since: Date): number | undefined {
  const times = lettersIn(spool)
    .entries()
    .flatMap(({ attempts: { tries, tried, notBefore } }) =>
      tries === 0 && tried !== undefined && notBefore !== undefined && Date.parse(tried) >= since.getTime()
        ? [Date.parse(notBefore)]
        : [],
    );
  return times.length === 0 ? undefined : Math.max(...times);
}

function untriedOthers(spool: string, { path, letter }: SpooledLetter): SpooledLetter[] {
  const letters = lettersIn(spool);
  // As letterId makes it: most of what waits need not be read.
  const kind = `-${letter.collected?.kind}.`;
  return letters
    .entries()
    .filter((entry) => entry.path !== path && entry.attempts.tries === 0 && entry.stem.includes(kind))
    .slice(0, MOST)
    .flatMap((entry) => {
      const read = letters.read(entry);
      return typeof read === 'object' && read.tries === 0 ? [read] : [];
    });
}

function belongs({ collected: one }: Letter, { collected: other }: Letter): boolean {
  return one !== undefined && other !== undefined && belongTogether(one, other);
}

function merged(one: Letter, other: Letter): Letter {
  if (one.collected === undefined || other.collected === undefined) return one;
  const collected = together(one.collected, other.collected);
  const to = distinct([...one.to, ...other.to]);
  const cc = distinct([...to, ...one.cc, ...other.cc]).slice(to.length);
  return { ...one, to, cc, ...wordsOf(collected), collected };
}
