import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { errorCode } from '../host/error-code.js';
import type { Problem } from './problem.js';

/**
 * Where to walk so that each directory is walked once: no root within another. Symbolic links are followed here, since
 * these names come from who started us.
 */
export function rootsOf(directories: readonly string[]): {
  readonly roots: readonly string[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const real = new Set<string>();
  for (const path of directories) {
    try {
      if (statSync(path).isDirectory()) real.add(realpathSync(path));
      else problems.push({ path, why: 'it is not a directory' });
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      problems.push({
        path,
        why: code === 'ENOENT' ? 'there is no such directory' : `it cannot be looked at (${code})`,
      });
    }
  }
  const within = (path: string, other: string): boolean =>
    path !== other && path.startsWith(other.endsWith(sep) ? other : `${other}${sep}`);
  const roots = [...real].filter((path) => ![...real].some((other) => within(path, other)));
  return { roots, problems };
}
