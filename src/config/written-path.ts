import { isAbsolute, relative, resolve } from 'node:path';

/**
 * A path as it is to stand in a configuration: relative to its directory where it lies below that, or was given relative, so that both can
 * be moved together. An absolute path to elsewhere stays as it is.
 *
 * @param given as a person gave it
 * @param place.base the directory of the configuration
 * @param place.cwd what a relative `given` is relative to
 */
export function writtenPath(given: string, { base, cwd }: { readonly base: string; readonly cwd: string }): string {
  const path = resolve(cwd, given);
  const way = relative(base, path);
  const isAbove = way === '..' || way.startsWith('../');
  if (isAbove && isAbsolute(given)) return path;
  if (way === '') return '.';
  // Which the reader of a configuration would take for a home directory.
  return /^~(?:\/|$)/.test(way) ? `./${way}` : way;
}
