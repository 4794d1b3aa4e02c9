import fc from 'fast-check';
import { UNSEEN_RANGES } from '../../src/text/unseen.js';

const PIECES = [
  '\n',
  '\r\n',
  '\x1b[2J',
  '\x9b31m',
  '\u202e',
  "'",
  '"',
  '`',
  '$(id)',
  '!',
  '\\',
  '%s',
  '%',
  '-',
  ' ',
  'é😀',
];

/** Texts that are mostly made of what steers terminals and shells, or is not seen. */
export const nastyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom(...UNSEEN_RANGES.flat().map((code) => String.fromCodePoint(code))),
      fc.constantFrom(...PIECES),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
