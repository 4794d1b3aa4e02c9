import { basename } from 'node:path';

/** Where version control keeps its own; each update changes it, whether it has brought anything or not. */
const METADATA = new Set(['.git', '.hg', '.svn', 'CVS']);

/**
 * What stands beside a file while it is edited or replaced, and goes away again: swap files, locks and backups of editors,
 * temporaries and lock records of ours, files that NFS keeps because they are still open.
 */
const PASSING = [
  /^\..*\.sw[a-z]$/, // vim
  /^4913$/, // vim sees whether it may write here
  /~$/,
  /^\.?#/, // Emacs
  /^\.nfs[0-9a-f]{8,}$/,
  /(?:^|\.)\d+\.[0-9a-f]{16}\.tmp$/,
  /\.lockdir$|\.lock\.(?:pid|excl)$|^\.lock-strategy$/,
];

/** Whether the name of an entry below what is watched says that its change is no news. What is watched itself may have any name. */
export function isPassing(path: string): boolean {
  const name = basename(path);
  return METADATA.has(name) || PASSING.some((pattern) => pattern.test(name));
}
