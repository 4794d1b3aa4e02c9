import { matches } from '../tables/pattern.js';
import { LISTING_LETTERS, NAMING_OPTIONS, type Reader } from '../tables/side-files.js';

/** The assembler's listing, with letters for what is in it. */
const LISTING = new RegExp(`^-a[${LISTING_LETTERS}]*=`);

/**
 * The file that an option names as one to write, besides -o and the dependency file: a map, a listing, diagnostics.
 *
 * @returns 'next' when the argument that follows for the same reader is that file; undefined when it names none
 */
export function namedOutput(reader: Reader, given: string): { readonly path: string } | 'next' | undefined {
  const option = reader === 'linker' ? given.replace(/^--/, '-') : given;
  const { next, glued } = NAMING_OPTIONS[reader];
  if (matches(option, next)) return 'next';
  const listing = reader !== 'linker' && LISTING.test(option);
  if (!listing && !matches(option, glued)) return undefined;
  const path = /=(.+)$/s.exec(option)?.[1];
  return path === undefined ? undefined : { path };
}
