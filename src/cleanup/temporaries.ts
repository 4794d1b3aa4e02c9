import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { judge, pathBeside } from '../locks/index.js';
import { type CleanupContext, findingOf, reportRemoval } from './finding.js';
import { holdOf, holdOfStem } from './hold.js';
import { lockNames } from './leftover.js';
import type { Place } from './place.js';
import { removeTemporary, type TemporaryShape } from './removal.js';
import type { FoundTemporary } from './survey.js';
import { type Hold, judgeTemporary } from './verdict.js';

/** Removes the temporaries that dead processes have left. To be called after the stale locks have gone. */
export function cleanTemporaries(temporaries: readonly FoundTemporary[], context: CleanupContext): void {
  for (const found of temporaries) {
    const path = join(found.directory, found.name);
    try {
      clean(found, path, context);
    } catch (error) {
      const finding = findingOf(error, { path, what: 'temporary' });
      if (finding !== undefined) context.report(finding);
    }
  }
}

function clean(found: FoundTemporary, path: string, context: CleanupContext): void {
  const { host, minAgeMs, dryRun } = context;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isSymbolicLink()) return;
  const place = context.places.of(found.directory);
  const offsetMs = place.clock.offsetMs(found.directory);
  const { leftover } = found;
  const about = { path, what: 'temporary', owner: undefined } as const;
  const changedMs = leftover.kind === 'passing' ? Math.max(stat.mtimeMs, stat.ctimeMs) : stat.mtimeMs;
  const verdict = judgeTemporary({
    process: judge(
      { owner: { host: host.name, pid: leftover.pid }, madeMs: changedMs },
      { host, clockOffsetMs: offsetMs, ownerlessMs: 0 },
    ),
    hold: hold(found, place, context),
    ageMs: host.now() + (offsetMs ?? 0) - changedMs,
    minAgeMs,
    network: place.reach === 'network',
    certain: isCertain(found, context),
  });
  if (verdict.kind !== 'stale') {
    context.report({ ...about, fate: verdict.kind, why: verdict.why });
    return;
  }
  const removal = dryRun ? ({ kind: 'removed' } as const) : removeTemporary(path, shapeOf(stat, found));
  reportRemoval(context, about, verdict.why, removal);
}

function shapeOf(stat: Stats, { leftover }: FoundTemporary): TemporaryShape {
  if (!stat.isDirectory()) return 'file';
  return leftover.kind === 'product' ? 'directory' : 'lockdir';
}

function hold({ directory, leftover }: FoundTemporary, place: Place, context: CleanupContext): Hold | 'none' {
  switch (leftover.kind) {
    case 'passing':
      return 'none';
    case 'product':
      return holdOf(join(directory, leftover.target), place, context);
    case 'launched':
      return holdOfStem(directory, leftover.stem, place, context);
  }
}

/**
 * The original's temporaries end in so short a random part that `report.2026.11.tmp` has their form. So there must be the
 * target, or a trace of its lock.
 */
function isCertain({ directory, leftover }: FoundTemporary, { cleared }: CleanupContext): boolean {
  if (leftover.kind !== 'product' || leftover.ours) return true;
  const target = join(directory, leftover.target);
  if (lockNames(target).some((path) => cleared.has(path))) return true;
  return [target, pathBeside(target, '.lock')].some((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}
