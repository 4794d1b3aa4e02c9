import { formatOwner } from '../locks/index.js';
import { shown } from '../text/shown.js';
import type { CleanupResult } from './cleanup.js';
import type { Finding } from './finding.js';

/**
 * One line for a finding, and one for the command that clears it. Names come from a directory that others write to, so they
 * steer no terminal.
 */
export function describeFinding({ path, what, owner, target, fate, why, clear }: Finding): string {
  const whose = owner === undefined ? '' : ` of ${formatOwner(owner)}`;
  const on = target === undefined ? '' : ` on ${target ?? 'a file with a long name that is not there'}`;
  const line = shown(`${VERBS[fate]} ${path}, ${what}${whose}${on}: ${why}`);
  return clear === undefined ? line : `${line}. To clear it after a look:\n  ${clear}`;
}

const VERBS: Readonly<Record<Finding['fate'], string>> = {
  removed: 'removed',
  'would-remove': 'would remove',
  failed: 'FAILED',
  'in-use': 'kept, in use:',
  young: 'kept, young:',
  unknown: 'kept, unknown:',
};

/** The last line: what was done, what stays, what went wrong. */
export function summarise({ survey, tally }: CleanupResult, dryRun: boolean, elapsedMs: number): string {
  const count = (fate: Finding['fate'], what?: Finding['what']): number => tally.count(fate, what);
  const done = dryRun ? 'would-remove' : 'removed';
  const removed = [counted(count(done, 'lock'), 'stale lock')];
  if (count(done, 'temporary') > 0) {
    removed.push(
      `${number(count(done, 'temporary'))} orphaned temporar${count(done, 'temporary') === 1 ? 'y' : 'ies'}`,
    );
  }
  const kept = KEPT.filter((fate) => count(fate) > 0).map((fate) => `${number(count(fate))} ${fate.replace('-', ' ')}`);
  const failed = count('failed');
  const { directories, problems } = survey;
  return [
    `${removed.join(' and ')} ${dryRun ? 'would be removed' : 'removed'}`,
    ...(kept.length > 0 ? [`kept: ${kept.join(', ')}`] : []),
    ...(failed > 0 ? [`${number(failed)} FAILED`] : []),
    ...(problems.length > 0 ? [`${counted(problems.length, 'place')} could not be read`] : []),
    `${number(directories)} ${directories === 1 ? 'directory' : 'directories'} in ${(elapsedMs / 1000).toFixed(1)} s`,
  ].join('; ');
}

const KEPT = ['in-use', 'young', 'unknown'] as const;

/** Everything, for programs. `baseFiles`: `T.lock` files, which are no leftovers and stay. */
export function toJson({ survey }: CleanupResult, findings: readonly Finding[], dryRun: boolean): object {
  const { directories, entries, baseFiles, problems } = survey;
  return {
    dryRun,
    directories,
    entries,
    baseFiles,
    findings: findings.map((finding) => ({ ...finding, owner: finding.owner ?? null })),
    problems,
  };
}

/** Whether everything that is stale went, and everything could be looked at. */
export function isClean({ survey, tally }: CleanupResult): boolean {
  return survey.problems.length === 0 && tally.count('failed') === 0;
}

function counted(count: number, thing: string): string {
  return `${number(count)} ${thing}${count === 1 ? '' : 's'}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
