import { UNSEEN_CLASS } from './unseen.js';

/** What JSON leaves as it is; it escapes the controls of ASCII itself. */
const UNSEEN = new RegExp(`(?![\\u0000-\\u001f])[${UNSEEN_CLASS}]`, 'gu');

/**
 * A value as JSON for standard output. A program reads the same value from it as from JSON.stringify; a terminal that shows it
 * is not steered by what strings from others hold.
 *
 * @param indent as JSON.stringify takes it; by default all in one line
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(UNSEEN, (character) =>
    [...Array(character.length).keys()].map((at) => `\\u${hex(character.charCodeAt(at))}`).join(''),
  );
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, '0');
}
