import { join } from 'node:path';
import { exists } from '../look.js';
import { stampOf } from '../stamp.js';
import { DATABASE, topOf } from './places.js';

/** The database, and what svn was writing when it was killed. */
const FILES = [DATABASE, `${DATABASE}-journal`];

/**
 * {@link VersionControl.signOf}: svn writes its database whenever it does something to a working copy.
 *
 * @param externals the working copies in the source, relative to it
 */
export function signOf(source: string, externals: readonly string[]): string | undefined {
  const tops = ['.', ...externals].map((path) => topOf(join(source, path)));
  const isThere = tops.every((top) => top !== undefined && exists(join(top, DATABASE)));
  return isThere ? tops.flatMap((top) => FILES.map((name) => stampOf(join(top ?? '', name)))).join('; ') : undefined;
}
