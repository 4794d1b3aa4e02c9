import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { listed } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { readSvn } from './command.js';
import type { Status } from './status.js';

/**
 * What of a person's lies where an update to a revision would write, in words for them; undefined when nothing does.
 * svn would leave conflicts there and exit with 0.
 *
 * @param status with all files (`-v`), without locks
 */
export async function obstacleTo(
  checkout: Checkout,
  { entries, modified, conflicting }: Status,
  target: string,
): Promise<string | undefined> {
  const { source } = checkout;
  if (conflicting.length > 0)
    return `${source} has conflicts in ${listed(conflicting)}; svn resolve or svn revert them`;
  const incoming: string[] = [];
  const added: string[] = [];
  let item = '';
  const read = await readSvn(checkout, ['diff', '--summarize', '--xml', '-r', `BASE:${target}`, '.@'], {
    open: (name, attributes) => {
      if (name === 'path') item = attributes['item'] ?? '';
    },
    close: (name, text) => {
      if (name !== 'path') return;
      incoming.push(text);
      if (item === 'added') added.push(text);
    },
  });
  if (read.kind === 'failed') return read.message;
  const local = new Set(modified);
  const both = incoming.filter((path) => local.has(path)).sort();
  if (both.length > 0) {
    return `${source} has local changes to files that the update changes, too: ${listed(both)}; commit them or svn revert them`;
  }
  const versioned = new Set(entries.filter(({ revision }) => revision !== '').map(({ path }) => path));
  const inTheWay = added.filter((path) => !versioned.has(path) && exists(join(source, path))).sort();
  if (inTheWay.length === 0) return undefined;
  return `${source} has files that svn does not know where the update adds some: ${listed(inTheWay)}; move them away`;
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
