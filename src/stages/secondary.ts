import { join } from 'node:path';
import type { HeldLocks } from './held-locks.js';
import { RUNNING, secondaryLockName } from './names.js';
import { blockedBy, type StepResult, settle } from './primary.js';
import { mayJoin, readRoster } from './roster.js';
import { inSection, type SectionSettings } from './section.js';
import { readStageLock } from './stage-lock.js';
import type { StepListener } from './steps.js';

/**
 * "A run begins", in the secondary's own directory: at most one run of a build. The exclusive creation alone decides.
 */
export function beginSecondary(temporary: string, held: HeldLocks, step: StepListener): StepResult {
  const running = join(temporary, RUNNING);
  if (held.create(running) === 'exists') {
    const found = readStageLock(running);
    return { kind: 'blocked', locks: found === undefined ? [] : [found], paths: [running] };
  }
  step('begin: running created');
  return { kind: 'done' };
}

/**
 * "Secondary joins": looks for the primary's `update` and puts `running.<name>` there, in one step. From here until it
 * leaves, the primary does not touch the source.
 *
 * Blocked by `update` it may try again later; blocked by its own `running.<name>` an earlier run of it has died.
 *
 * @param temporary of the primary
 */
export async function joinPrimary(
  temporary: string,
  name: string,
  held: HeldLocks,
  section: SectionSettings,
  step: StepListener,
): Promise<StepResult> {
  const mark = secondaryLockName(name);
  return settle(
    temporary,
    await inSection(temporary, section, () => {
      const permission = mayJoin(readRoster(temporary), name);
      if (permission.kind === 'blocked') return permission;
      if (held.create(join(temporary, mark)) === 'exists') return blockedBy(mark);
      step('join: joined');
      return permission;
    }),
  );
}

/** "Secondary leaves": the primary may update again. */
export function leavePrimary(temporary: string, name: string, held: HeldLocks): void {
  held.remove(join(temporary, secondaryLockName(name)));
}

/** "A run ends", in the secondary's own directory. */
export function endSecondary(temporary: string, held: HeldLocks): void {
  held.remove(join(temporary, RUNNING));
}
