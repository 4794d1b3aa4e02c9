import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { isShortName, pathBeside, placeIn, probeKernelLock, targetIn } from '../locks/index.js';
import { hasStem, lockNames, recognise } from './leftover.js';
import { type Environment, lockDirectoriesOf } from './lock-directories.js';
import { namesBehind } from './long-names.js';
import type { PathSet } from './path-set.js';
import type { Place } from './place.js';
import type { Hold } from './verdict.js';

interface HoldContext {
  /** Locks that count as removed; a dry run has not removed them. */
  readonly cleared: Pick<PathSet, 'has'>;
  readonly environment: Environment;
}

/**
 * Who holds the lock of a target, by whatever strategy. A lock that stands counts as held whatever became of its owner.
 *
 * @param target its name may be a short one; then it is any whose name that stands for
 */
export function holdOf(target: string, place: Place, context: HoldContext): Hold {
  const directory = dirname(target);
  const targets = [target, ...namesBehind(directory, basename(target)).map((name) => join(directory, name))];
  return worst(
    targets
      .flatMap(withEnd)
      .flatMap((each) => basesOf(each, context))
      .map((base) => holdAt(base, place, context.cleared)),
  );
}

/** A product that is written through a link has the lock of what that leads to. */
function withEnd(target: string): string[] {
  try {
    const to = resolve(dirname(target), readlinkSync(target));
    return [target, join(realpathSync(dirname(to)), basename(to)), ...(stands(to) ? [realpathSync(to)] : [])];
  } catch {
    return [target]; // no link, or one that leads nowhere
  }
}

/** What the names of a target's locks may be made of. */
function basesOf(target: string, { environment }: HoldContext): string[] {
  return [target, ...lockDirectoriesOf(dirname(target), environment).map((locks) => placeIn(locks, target).base)];
}

/** The same for all targets that `launch` may be writing under a stem, seen together. */
export function holdOfStem(directory: string, stem: string, place: Place, context: HoldContext): Hold {
  const bases = new Set<string>();
  for (const base of basesIn(directory)) if (hasStem(basename(base), stem)) bases.add(base);
  for (const name of readdirSync(directory)) {
    if (!hasStem(name, stem)) continue;
    for (const end of withEnd(join(directory, name)).slice(1))
      for (const base of basesOf(end, context)) bases.add(base);
  }
  for (const locks of lockDirectoriesOf(directory, context.environment)) {
    for (const base of basesIn(locks)) {
      const target = targetIn(locks, basename(base));
      // What a short one stands for may begin with the stem.
      const fits = target !== undefined && dirname(target) === directory && hasStem(basename(target), stem);
      if (fits || isShortName(basename(base))) bases.add(base);
    }
  }
  return worst([...bases].map((base) => holdAt(base, place, context.cleared)));
}

function basesIn(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const leftover = recognise(name);
    return leftover?.kind === 'lock' || leftover?.kind === 'base' ? [join(directory, leftover.target)] : [];
  });
}

function holdAt(base: string, place: Place, cleared: Pick<PathSet, 'has'>): Hold {
  try {
    if (lockNames(base).some((path) => !cleared.has(path) && stands(path))) return 'taken';
  } catch (error) {
    if (errorCode(error) === 'EACCES') return 'unseen'; // another user's own directory of locks
    throw error;
  }
  const kernel = probeKernelLock(pathBeside(base, '.lock'));
  if (kernel === 'absent') return 'free';
  if (kernel !== 'free') return kernel;
  return place.reach === 'local' ? 'free' : 'unseen';
}

function worst(holds: readonly Hold[]): Hold {
  return holds.includes('taken') ? 'taken' : holds.includes('unseen') ? 'unseen' : 'free';
}

function stands(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
