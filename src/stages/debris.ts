import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { removeAbandoned } from '../files/abandoned.js';
import { namesIn } from '../files/directory-entries.js';
import { primaryOf } from './primary-of.js';
import { layoutOf } from './temporary.js';

/** A killed run has left its temporaries in one of the newest; those of older ones were removed by runs since. */
const NEWEST_TAGS = 8;

/**
 * Removes the temporaries that killed runs of a build have left: beside its locks and logs, in its reports, and of what it
 * writes into its primary's journal. To be called by a run that builds; one without news has better to do.
 *
 * @param nowMs milliseconds since 1970
 */
export function removeDebris(build: Build, nowMs: number): void {
  const { testing, temporary } = layoutOf(build.directory);
  const primary = primaryOf(build);
  const { updates } = layoutOf(primary.directory);
  const tags = namesIn(testing).filter((name) => /^\d{8}-\d{4}$/.test(name));
  const reports = tags.slice(-NEWEST_TAGS).map((tag) => join(testing, tag));
  const directories = [testing, temporary, ...reports, updates, join(updates, 'cursors')];
  // A secondary's mark stands beside its primary's locks.
  if (primary !== build) directories.push(layoutOf(primary.directory).temporary);
  for (const directory of directories) removeAbandoned(directory, nowMs);
}
