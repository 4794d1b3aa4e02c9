import { join } from 'node:path';
import { filesystemOf } from '../locks/index.js';
import type { HeldLocks } from './held-locks.js';
import { readStageLocks } from './held-locks.js';
import { RUNNING, UPDATE } from './names.js';
import { mayBegin, mayUpdate, type Permission, readRoster, refreshDirectory } from './roster.js';
import { inSection, type Sectioned, type SectionSettings } from './section.js';
import type { FoundStageLock } from './stage-lock.js';
import type { StepListener } from './steps.js';

/** A step of the protocol that looks first: done, or not done because of these locks. */
export type StepResult =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'blocked';
      /** Those of them that were there when we looked. */
      readonly locks: readonly FoundStageLock[];
      /** The paths of all. */
      readonly paths: readonly string[];
    }
  | Exclude<Sectioned<never>, { readonly kind: 'done' }>;

/**
 * "Primary begins": `running` and `update` are claimed in one step, so that there is no moment in which the primary
 * runs but secondaries could still join before its update.
 *
 * If the process dies between the two files, `running` stays and blocks the next run of this build, as it should;
 * secondaries may join, and nobody updates. If the second file cannot be made (a full disk), the first one is taken
 * back, since this process is there to do it.
 *
 * @param logFile log of the update, named in its lock; undefined when this primary does not update its source: then
 *   there is no `update` to claim
 */
export async function beginPrimary(
  temporary: string,
  held: HeldLocks,
  section: SectionSettings,
  step: StepListener,
  logFile: string | undefined,
): Promise<StepResult> {
  const running = join(temporary, RUNNING);
  const update = join(temporary, UPDATE);
  return settle(
    temporary,
    await inSection(temporary, section, () => {
      const permission = mayBegin(readRoster(temporary));
      if (permission.kind === 'blocked') return permission;
      if (held.create(running) === 'exists') return blockedBy(RUNNING);
      step('begin: running created');
      if (logFile === undefined) return permission;
      let made: 'created' | 'exists' | undefined;
      try {
        made = held.create(update, logFile);
      } finally {
        if (made !== 'created') held.remove(running);
      }
      if (made === 'exists') return blockedBy(UPDATE);
      step('begin: update claimed');
      return permission;
    }),
  );
}

/**
 * "Primary may update": no secondary is between join and leave. `update` stands already and stays, so no further one
 * can join: whoever waits for the present ones to leave is not starved by new ones.
 *
 * Looks without entering the critical section. Since nobody can join any more, a look can only be out of date in the
 * harmless direction; and secondaries that come and find `update` cannot keep a waiting primary out of a section.
 */
export function mayUpdateNow(temporary: string): StepResult {
  if (filesystemOf(temporary).reach === 'network') refreshDirectory(temporary);
  return settle(temporary, { kind: 'done', value: mayUpdate(readRoster(temporary)) });
}

/** "Primary updated": from here on secondaries join. The record of the update is in the journal by now. */
export function endUpdate(temporary: string, held: HeldLocks): void {
  held.remove(join(temporary, UPDATE));
}

/** "Primary ends". */
export function endPrimary(temporary: string, held: HeldLocks): void {
  held.remove(join(temporary, RUNNING));
}

export function blockedBy(...by: string[]): Permission {
  return { kind: 'blocked', by };
}

/** Names the locks behind a refusal. */
export function settle(temporary: string, sectioned: Sectioned<Permission>): StepResult {
  if (sectioned.kind !== 'done') return sectioned;
  if (sectioned.value.kind === 'go') return { kind: 'done' };
  const paths = sectioned.value.by.map((name) => join(temporary, name));
  return { kind: 'blocked', locks: readStageLocks(paths), paths };
}
