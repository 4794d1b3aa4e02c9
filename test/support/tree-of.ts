import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below a directory: names, kinds, sizes, modes, times. Not what the server of Mercurial remembers when it is asked. */
export function treeOf(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .concat('.')
    .filter((name) => !name.startsWith('repository/store/.hg/cache'))
    .sort()
    .map((name) => {
      const { mode, size, mtimeNs, ino } = lstatSync(join(root, name), { bigint: true });
      return `${name} ${mode} ${size} ${mtimeNs} ${ino}`;
    });
}
