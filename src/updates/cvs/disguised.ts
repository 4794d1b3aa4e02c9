import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { look } from '../look.js';
import { remainsAt } from '../prefix.js';
import type { Checkout } from '../version-control.js';
import { inSource } from './place.js';
import type { Entry } from './tree.js';
import { writeVersion } from './version.js';

/**
 * Those files that are not what the server has at their revisions, although cvs takes them for unchanged by their times. A file
 * of which the server cannot be asked counts as one of them.
 *
 * @param suspects files with another text than before; the server knows whether its own was another one, as after `cvs admin -k`
 */
export async function disguisedIn(checkout: Checkout, suspects: readonly Entry[]): Promise<Entry[]> {
  if (suspects.length === 0) return [];
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-cvs-'));
  try {
    const disguised: Entry[] = [];
    for (const file of suspects) {
      if (!(await isAsRepositoryHas(checkout, file, join(directory, 'version')))) disguised.push(file);
    }
    return disguised;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function isAsRepositoryHas(
  checkout: Checkout,
  { path, bytes, revision, options }: Entry,
  temporary: string,
): Promise<boolean> {
  // A name that is not UTF-8 is no word of a command that a process is started with.
  if (!Buffer.from(path).equals(bytes)) return false;
  const how = options === '' ? [] : [options];
  const written = await writeVersion(checkout, ['update', '-r', revision, ...how, '-p', '--', path], temporary);
  if (written.kind === 'failed') return false;
  const here = join(checkout.source, path);
  return (
    look(inSource(checkout.source, bytes))?.size === look(temporary)?.size && remainsAt(here, [temporary]) === 'ours'
  );
}
