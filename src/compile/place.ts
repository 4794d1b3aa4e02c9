import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LockError } from '../locks/index.js';
import type { Plan, Redirection, Side } from './plan.js';

/**
 * A plan as far as what stands in the target's place allows it. What is there and no regular file (/dev/null, a pipe,
 * a directory) must not be replaced, and needs no lock.
 *
 * A symbolic link to a regular file is replaced by the product, as ld, as and clang do it themselves. Only ar writes
 * through links, symbolic and hard ones, and therefore works in place.
 */
export function adaptToPlace(plan: Plan, environment: NodeJS.ProcessEnv): Plan {
  if (plan.kind === 'unchanged') return plan;
  const { target } = plan;
  const there = statSync(target, { throwIfNoEntry: false });
  if (there === undefined) return adaptSides(plan, environment);
  if (!there.isFile()) return { kind: 'unchanged', why: 'its output is no regular file' };
  if (plan.kind === 'locked' || !plan.seeded) return adaptSides(plan, environment);
  const linked = there.nlink > 1 || lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return linked ? { kind: 'locked', target, why: 'its archive has other names, and ar keeps those' } : plan;
}

/** The same for the files beside the product. What cannot be redirected because of them is written in place. */
function adaptSides(plan: Plan, environment: NodeJS.ProcessEnv): Plan {
  if (plan.kind !== 'redirected' || plan.seeded) return plan;
  const { target, sides = [] } = plan;
  const locked = { kind: 'locked', target, sides: sides.map((side) => ({ target: side.target })) } as const;
  if (environment['CCC_OVERRIDE_OPTIONS']) return { ...locked, why: 'CCC_OVERRIDE_OPTIONS changes its options' };
  if (sides.every((side) => isReplaceable(side, dirname(target)))) return plan;
  return { ...locked, why: 'a file that it writes beside its output cannot be replaced' };
}

/** Whether a file beside the product can be replaced by another of that name, as nobody else would notice. */
function isReplaceable({ temporary, target }: Side, directory: string): boolean {
  if (temporary === undefined) return true;
  const own = dirname(target);
  try {
    if (own !== directory) accessSync(own, constants.W_OK | constants.X_OK);
    const found = lstatSync(target, { throwIfNoEntry: false });
    return found === undefined || (found.isFile() && found.nlink === 1);
  } catch {
    return false;
  }
}

/**
 * A plan whose product replaces whatever is there, unless that is no regular file.
 *
 * @throws LockError then: for root the rename would succeed, and leave an object in the place of /dev/null
 */
export function keepPlace(plan: Redirection): Redirection {
  const there = statSync(plan.target, { throwIfNoEntry: false });
  if (there === undefined || there.isFile()) return plan;
  throw new LockError(plan.target, 'is no regular file, and the product would replace it; choose another target');
}

/** Whether the directory of a target is there. If not, it is the compiler's to say so. */
export function hasDirectory(target: string): boolean {
  return statSync(dirname(target), { throwIfNoEntry: false })?.isDirectory() === true;
}
