import { UNSEEN_CLASS } from '../text/unseen.js';

const UNSEEN = new RegExp(`[${UNSEEN_CLASS}]+`, 'gu');

/**
 * What others wrote, an author's name say, as one line for a header or a sentence. Nothing in it can begin another header,
 * or passes for an encoded word that the reader's program would decode.
 *
 * @param most UTF-16 units that are kept
 */
export function oneLine(text: string, most = 200): string {
  const line = wellFormed(text).replaceAll(UNSEEN, ' ').replaceAll('=?', '= ?').replaceAll(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${wellFormed(line.slice(0, most - 1)).trimEnd()}…`;
}

/** Halves of surrogate pairs become U+FFFD, as in every UTF-8 that is made of them. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
