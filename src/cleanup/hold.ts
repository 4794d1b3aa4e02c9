import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathBeside, probeKernelLock } from '../locks/index.js';
import { hasStem, lockNames, recognise } from './leftover.js';
import { namesBehind } from './long-names.js';
import type { Place } from './place.js';
import type { Hold } from './verdict.js';

/**
 * Who holds the lock of a target, by whatever strategy. A lock that stands counts as held whatever became of its owner.
 *
 * @param target its name may be a short one; then it is any whose name that stands for
 * @param cleared locks that count as removed; a dry run has not removed them
 */
export function holdOf(target: string, place: Place, cleared: ReadonlySet<string>): Hold {
  const directory = dirname(target);
  const targets = [target, ...namesBehind(directory, basename(target)).map((name) => join(directory, name))];
  return worst(targets.map((each) => holdOfOne(each, place, cleared)));
}

function holdOfOne(target: string, place: Place, cleared: ReadonlySet<string>): Hold {
  if (lockNames(target).some((path) => !cleared.has(path) && stands(path))) return 'taken';
  const kernel = probeKernelLock(pathBeside(target, '.lock'));
  if (kernel === 'absent') return 'free';
  if (kernel !== 'free') return kernel;
  return place.reach === 'local' ? 'free' : 'unseen';
}

/** The same for all targets that `launch` may be writing under a stem, seen together. */
export function holdOfStem(directory: string, stem: string, place: Place, cleared: ReadonlySet<string>): Hold {
  const targets = new Set<string>();
  for (const name of readdirSync(directory)) {
    const leftover = recognise(name);
    if (leftover?.kind !== 'lock' && leftover?.kind !== 'base') continue;
    if (hasStem(leftover.target, stem)) targets.add(join(directory, leftover.target));
  }
  return worst([...targets].map((target) => holdOfOne(target, place, cleared)));
}

function worst(holds: readonly Hold[]): Hold {
  return holds.includes('taken') ? 'taken' : holds.includes('unseen') ? 'unseen' : 'free';
}

function stands(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
