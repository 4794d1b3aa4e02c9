import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout, Failed } from '../version-control.js';
import { differences } from './incoming.js';
import { DATABASE, isWorkingCopy, topOf } from './places.js';
import type { Tree } from './tree.js';

/**
 * What a revision has and a working copy of it has noted as not present: what `svn update -r` brought to a revision in which
 * it was not there, and what was deleted and committed from here. No command says so without the repository, and asking that
 * each time would stop the secondaries when it is away; so it is asked only where the database has such a note.
 */
export async function notPresent(checkout: Checkout, tree: Tree): Promise<string[] | Failed> {
  const { source } = checkout;
  const externals = tree.externals.filter(({ path }) => isWorkingCopy(join(source, path)));
  const missing: string[] = [];
  for (const { path, info } of [{ path: '.', info: tree.info }, ...externals]) {
    const top = topOf(join(source, path));
    if (info === undefined || top === undefined || !hasNote(join(top, DATABASE))) continue;
    const incoming = await differences(checkout, path, String(info.revision));
    if (!Array.isArray(incoming)) return incoming;
    missing.push(...incoming.filter(({ item }) => item === 'added').map((change) => change.path));
  }
  return missing;
}

/** Two columns of the table `NODES` that lie side by side in its rows. Space that is free may have them, too. */
const NOTE = /not-present(file|dir|symlink|unknown)/;
const LONGEST = 'not-presentsymlink'.length;
const CHUNK = 1024 * 1024;

function hasNote(database: string): boolean {
  let file: number;
  try {
    file = openSync(database, 'r');
  } catch {
    // It has gone meanwhile, or we may not read it: what is asked then says why.
    return true;
  }
  try {
    const buffer = Buffer.alloc(CHUNK);
    for (let at = 0; ; at += CHUNK - LONGEST) {
      const length = readSync(file, buffer, 0, CHUNK, at);
      if (NOTE.test(buffer.toString('latin1', 0, length))) return true;
      if (length < CHUNK) return false;
    }
  } finally {
    closeSync(file);
  }
}
