import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isTooLong } from '../locks/index.js';
import { ROOMY_NAME, ROOMY_PATH } from '../tables/compiles.js';
import * as says from '../tables/messages.js';
import type { Argv } from './argv.js';
import { destinationOf, REPLACES } from './destination.js';
import { type Habit, habitOf } from './habit.js';
import type { Locked, Plan, Redirection } from './plan.js';
import { readResponseFile } from './response-file.js';
import type { Side } from './sides.js';

/**
 * A plan as far as what stands in the target's place allows it: no device, pipe or open file is replaced, and what a link leads
 * to gets the contents where the tool itself would write through it.
 */
export function adaptToPlace(plan: Plan, command: Argv, environment: NodeJS.ProcessEnv): Plan {
  return adapt(plan, environment, () => habitOf(command, readResponseFile));
}

/** The same for a plan of a command that gets its output as an appended `-o FILE`, which it needs to run in place, too. */
export function adaptAppended(plan: Redirection, command: Argv, environment: NodeJS.ProcessEnv): Plan {
  const adapted = adapt(plan, environment, () => REPLACES);
  return adapted.kind === 'redirected' ? adapted : { ...adapted, argv: [...command, '-o', plan.target] };
}

function adapt(plan: Plan, environment: NodeJS.ProcessEnv, habit: () => Habit): Plan {
  if (plan.kind === 'unchanged') return plan;
  const { target } = plan;
  const found = destinationOf(target, habit);
  if (found.kind === 'foreign') return { kind: 'unchanged', why: found.why };
  const destination = found.path === target ? {} : { destination: found.path };
  if (plan.kind === 'locked') return { ...plan, ...destination };
  if (found.kind === 'in-place') {
    const optional = mayWriteIn(dirname(found.path)) ? {} : ({ lockIsOptional: true } as const);
    return { ...inPlace(plan, found.why), ...destination, ...optional };
  }
  if (hasNoRoom(plan)) {
    const why = says.pathTooLong;
    return { ...inPlace(plan, why), ...destination, lockIsOptional: true };
  }
  return { ...adaptSides(plan, environment), ...destination };
}

/** Whether there is no room for the temporary of a path that has room. */
function hasNoRoom({ target, temporary, directory }: Redirection): boolean {
  const longest = directory ?? temporary;
  if (Buffer.byteLength(basename(longest)) <= ROOMY_NAME && Buffer.byteLength(longest) <= ROOMY_PATH) return false;
  return isTooLong(longest) && !isTooLong(target);
}

function mayWriteIn(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The plan to run the command as it is, because of what stands in the place of what it writes. */
function inPlace({ target, sides = [] }: Redirection, why: string): Locked {
  return { kind: 'locked', target, sides: sides.map((side) => ({ target: side.target })), why };
}

/** The same for the files beside the product. What cannot be redirected because of them is written in place. */
function adaptSides(plan: Redirection, environment: NodeJS.ProcessEnv): Locked | Redirection {
  if (plan.seeded) return plan;
  const { target, sides = [] } = plan;
  if (environment['CCC_OVERRIDE_OPTIONS']) return inPlace(plan, says.optionsOverridden);
  if (sides.every((side) => isReplaceable(side, dirname(target)))) return plan;
  return inPlace(plan, says.sideNotReplaceable);
}

/** Whether a file beside the product can be replaced by another of that name, without any other tool noticing. */
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

/** Whether the directory of a target is there. If not, it is the compiler's to say so. */
export function hasDirectory(target: string): boolean {
  return statSync(dirname(target), { throwIfNoEntry: false })?.isDirectory() === true;
}
