import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Which of the tests that take long, `*.long.test.ts`, a run of the tests has:
 *
 * - unset (`npm test`): none
 * - `all` (`npm run test:all`): all, besides the others
 * - a number (`.ci/run` takes that of the day): the part of that number, and nothing else; any so many numbers in a row have all
 */
const WHICH = process.env['STAGELOCK_LONG'];

export type Extent =
  | { readonly kind: 'quick' }
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly number: number };

export const EXTENT: Extent =
  WHICH === undefined ? { kind: 'quick' } : WHICH === 'all' ? { kind: 'all' } : { kind: 'part', number: Number(WHICH) };

/** So many parts have all the files. */
export const PARTS = 6;

export const isOfPart = (index: number, parts: number, number: number): boolean => (index + number) % parts === 0;

/** @param root of the project @returns patterns for the files that are not to be run */
export function longTestsLeftOut(root: string, extent: Extent): string[] {
  if (extent.kind === 'all') return [];
  if (extent.kind === 'quick') return ['test/**/*.long.test.ts'];
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
  const long = files.filter((file) => file.endsWith('.long.test.ts')).sort();
  const { number } = extent;
  return long.filter((_, index) => !isOfPart(index, PARTS, number)).map((file) => `test/${file}`);
}
