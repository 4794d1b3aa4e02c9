import { join } from 'node:path';
import { readRegularFile } from '../../files/atomic-file.js';
import { exists } from '../look.js';
import type { Checkout } from '../version-control.js';
import { administrationOf, hgLine } from './advice.js';

/** A command that takes more than one step and is under way in a tree, or was killed. */
export interface Unfinished {
  /** The file in which hg notes it, from the top of the work tree. */
  readonly note: string;
  readonly command: 'update' | 'graft' | 'rebase' | 'histedit' | 'unshelve';
}

const NOTES = {
  updatestate: 'update',
  graftstate: 'graft',
  rebasestate: 'rebase',
  'histedit-state': 'histedit',
  shelvedstate: 'unshelve',
} as const;

/** The command that hg has begun in a source and not ended. */
export function unfinishedIn(source: string): Unfinished | undefined {
  const administration = administrationOf(source);
  const found = Object.entries(NOTES).find(([name]) => exists(join(administration, name)));
  return found === undefined ? undefined : { note: `.hg/${found[0]}`, command: found[1] };
}

/** Where an update that broke off was going, as hg itself has noted. */
export function targetNotedIn(source: string): string | undefined {
  const noted = readRegularFile(join(administrationOf(source), 'updatestate'))?.trim();
  return noted !== undefined && /^[0-9a-f]{40}$/.test(noted) ? noted : undefined;
}

/** What ends it, with the loss of what it had done, and brings the tree to a revision. */
export function endOf(checkout: Checkout, { command }: Unfinished, revision: string): string[] {
  if (command === 'update') return [hgLine(checkout, 'update', '--clean', '-r', revision)];
  const extension = command === 'graft' ? [] : ['--config', `extensions.${EXTENSIONS[command]}=`];
  return [hgLine(checkout, ...extension, command, '--abort'), hgLine(checkout, 'update', '-r', revision)];
}

const EXTENSIONS = { rebase: 'rebase', histedit: 'histedit', unshelve: 'shelve' } as const;
