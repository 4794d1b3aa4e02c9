import { join } from 'node:path';
import type { ToolResult } from '../tool.js';
import type { Checkout } from '../version-control.js';
import { runSvn, svnFailure } from './command.js';
import type { Look } from './found.js';
import { isWorkingCopy } from './places.js';
import { explainLostCopies } from './pristines.js';
import { atHead } from './tree.js';

/** What became of an update; where it did not succeed, how the command that failed ended. */
export type Updated =
  | { readonly kind: 'updated' }
  | { readonly kind: 'failed'; readonly message: string; readonly result: ToolResult; readonly first: boolean };

/**
 * `svn update` to a revision. In mode `reset` local changes are reverted, files that svn does not know give way to what the
 * update adds, and what is switched elsewhere comes back. Exit code 0 is no proof: svn has it over conflicts and skipped
 * paths, too.
 */
export async function updateTo(
  mode: 'fast-forward' | 'reset',
  checkout: Checkout,
  look: Look,
  revision: string,
): Promise<Updated> {
  const commands = mode === 'reset' ? resetting(look, revision) : [['update', ...TO, revision, '.@']];
  for (const args of commands) {
    const result = await runSvn(checkout, args);
    if (result.kind === 'ok') continue;
    const said = svnFailure(checkout, args, result);
    const lost = await explainLostCopies(checkout, said);
    return { kind: 'failed', message: [said, ...lost].join('\n'), result, first: args === commands[0] };
  }
  return { kind: 'updated' };
}

const TO = ['--accept', 'postpone', '-r'];

function resetting({ source, tree, status }: Look, revision: string): string[][] {
  const externals = tree.externals.map(({ path }) => path).filter((path) => isWorkingCopy(join(source, path)));
  const revert = ['revert', '-q', '-R', '.@', ...externals.map(atHead)];
  const isSwitched = status.entries.some(({ switched, external }) => switched && !external);
  const move = isSwitched
    ? ['switch', '--ignore-ancestry', '--force', ...TO, revision, `${tree.info.url}@${revision}`, '.']
    : ['update', '--force', ...TO, revision, '.@'];
  return [revert, move, revert];
}
