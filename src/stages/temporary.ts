import { join } from 'node:path';
import { ensureDirectory } from '../files/ensure-directory.js';
import { stageFileName } from './names.js';

/** Where the files of a build that CTest and Dart users know are, all below its build directory. */
export interface Layout {
  readonly testing: string;
  /** Stage locks, logs, LastUpdate.xml. */
  readonly temporary: string;
  /** The journal of update records, in a primary's directory. */
  readonly updates: string;
  /** CTest's `Testing/TAG`. */
  readonly tag: string;
}

/** The layout below a build directory. */
export function layoutOf(directory: string): Layout {
  const testing = join(directory, 'Testing');
  return {
    testing,
    temporary: join(testing, 'Temporary'),
    updates: join(testing, 'Updates'),
    tag: join(testing, 'TAG'),
  };
}

/**
 * Makes the directory of a build's locks and logs, and those above it, where they are missing.
 *
 * @throws the system's error, for example EACCES, ENOSPC, EROFS
 */
export function ensureLayout(directory: string): Layout {
  const layout = layoutOf(directory);
  ensureDirectory(layout.temporary);
  return layout;
}

/** `LastBuild_20020131-1121.log`, as CTest calls the log of a stage. */
export function logFileOf(layout: Layout, stage: string, tag: string): string {
  return join(layout.temporary, `Last${stageFileName(stage)}_${tag}.log`);
}
