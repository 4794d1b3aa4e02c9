import { basename, dirname, join } from 'node:path';
import { isProgram } from './program-file.js';

/**
 * The ctest that belongs to a cmake: in the same directory, and called like it (`ctest3` beside `cmake3`). CMake and CTest are
 * installed together, mostly not where cron's PATH leads.
 *
 * @param cmakes absolute paths, the first one with a ctest counts
 * @returns `ctest`, as the PATH finds it, when there is none
 */
export function ctestBeside(cmakes: readonly string[]): string {
  const places = cmakes
    .filter((cmake) => cmake.startsWith('/'))
    .flatMap((cmake) => {
      const [, rest = ''] = /^cmake(.*)$/.exec(basename(cmake)) ?? [];
      return [...new Set([`ctest${rest}`, 'ctest'])].map((name) => join(dirname(cmake), name));
    });
  return places.find(isProgram) ?? 'ctest';
}
