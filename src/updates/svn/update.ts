import type { ToolResult } from '../tool.js';
import type { Checkout } from '../version-control.js';
import { runSvn, svnFailure } from './command.js';

/** What became of an update; where it did not succeed, how the command that failed ended. */
export type Updated =
  | { readonly kind: 'updated' }
  | { readonly kind: 'failed'; readonly message: string; readonly result: ToolResult; readonly first: boolean };

const REVERT = ['revert', '-q', '-R', '.@'];

/**
 * `svn update` to a revision. In mode `reset` local changes are reverted, and files that svn does not know give way to
 * what the update adds. Exit code 0 is no proof: svn has it over conflicts and skipped paths, too.
 */
export async function updateTo(mode: 'fast-forward' | 'reset', checkout: Checkout, revision: string): Promise<Updated> {
  const update = ['update', '-r', revision, '--accept', 'postpone'];
  const commands = mode === 'reset' ? [REVERT, [...update, '--force', '.@'], REVERT] : [[...update, '.@']];
  for (const args of commands) {
    const result = await runSvn(checkout, args);
    if (result.kind === 'ok') continue;
    return { kind: 'failed', message: svnFailure(checkout, args, result), result, first: args === commands[0] };
  }
  return { kind: 'updated' };
}
