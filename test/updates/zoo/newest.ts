import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { filesIn } from '../systems/broken.js';
import type { Files, World } from './world.js';

/** What the server gives out now, and the revision that a record calls it. */
export async function newestOf(
  world: World,
  number: number,
): Promise<{ readonly revision: string; readonly files: Files }> {
  const directory = join(world.root, `export-${number}`);
  if (world.type === 'hg') return archived(world, directory);
  world.repository.clone(directory);
  const system = await versionControlOf({ ...world.repository.update, mode: world.mode }, join(world.root, 'memory'));
  const head = await system.currentRevision({ source: directory, timeoutMs: 60_000, environment: world.environment });
  if (head.kind === 'failed') throw new Error(head.message);
  return { revision: head.revision, files: filesIn(directory) };
}

/** Costs one start of hg instead of three. */
function archived(world: World, directory: string): { readonly revision: string; readonly files: Files } {
  world.runIn(world.root, 'hg', '-R', 'store', 'archive', '-r', 'tip', directory);
  const note = join(directory, '.hg_archival.txt');
  const revision = /^node: (\S+)$/m.exec(readFileSync(note, 'utf8'))?.[1];
  if (revision === undefined) throw new Error('hg archive has not said of what');
  rmSync(note);
  return { revision, files: filesIn(directory) };
}
