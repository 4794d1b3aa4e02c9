import { lstatSync } from 'node:fs';

/** What tells a file of a client's that was written to, replaced or removed from what it was; `-` where there is none. */
export function stampOf(path: string | Buffer): string {
  try {
    const stat = lstatSync(path, { bigint: true });
    return `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  } catch {
    return '-';
  }
}
