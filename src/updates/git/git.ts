import { commandText } from '../tool.js';
import type { Checkout, VersionControl } from '../version-control.js';
import { changesBetween } from './changes.js';
import { runGit } from './command.js';
import { fetch, type GitSource } from './fetch.js';
import { currentRevision } from './head.js';
import { moveTo } from './move.js';
import { signOfWorkTree } from './sign.js';
import { localChanges } from './status.js';

/** git, following one branch of a remote. */
export function git(source: GitSource): VersionControl {
  return {
    type: 'git',
    command: updateCommand(source),
    currentRevision,
    fetch: (checkout, asOf) => fetch(source, checkout, asOf),
    move: (checkout, { head, target = head }, begin) => moveTo(source, checkout, { head, target }, begin),
    async repair(checkout, broken) {
      // Rarely needed, and not loaded by a run that has nothing to repair.
      const { repairGit } = await import('./repair.js');
      return repairGit({ currentRevision, localChanges }, source.mode, checkout, broken);
    },
    changesBetween,
    // Not loaded by a run that has nothing to look at.
    proveTree: async (checkout, revision) =>
      (await import('./prove.js')).proveWorkTree(source.mode, checkout, revision),
    signOf: signOfWorkTree,
    localChanges,
    tidy,
  };
}

/** The command that brings news, as reports name it. */
export function updateCommand(update: GitSource): string {
  return commandText(['git', 'fetch', update.remote, update.branch]);
}

/**
 * Lets git collect garbage if it thinks it is time, in the foreground. Fetching and moving do not, so that neither is
 * held up; call this when no lock is held any more. Builds may read the repository meanwhile. A failure is only logged:
 * nothing depends on it, and a process killed here costs disk space at most.
 */
export async function tidy(checkout: Checkout): Promise<void> {
  await runGit(checkout, ['-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet']);
}
