import { join } from 'node:path';
import type { Build, Primary, Secondary } from '../config/project.js';
import { filesystemOf } from '../locks/index.js';
import { readStageLocks } from './held-locks.js';
import { RUNNING, secondaryLockName, UPDATE } from './names.js';
import { mayBegin, mayJoin, mayUpdate, type Permission, readRoster, refreshDirectory } from './roster.js';
import type { Run } from './run.js';
import { inSection, type Sectioned, sectionFor } from './section.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { layoutOf } from './temporary.js';

/*
 * The steps of the shared source protocol: what a run looks at, makes and removes, in the order in which a primary and its
 * secondaries do it. `roster.ts` decides whether a step may be done.
 *
 *     primary    beginPrimary   mayUpdateNow   endUpdate   …   endRun
 *     secondary  beginSecondary   joinPrimary   endUpdate   …   leavePrimary   endRun
 */

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
 * secondaries may join, and no run updates. If the second file cannot be made (a full disk), the first one is taken
 * back, since this process is there to do it.
 *
 * @param logFile log of the update, named in its lock; undefined when this primary does not update its source: then
 *   there is no `update` to claim
 */
export async function beginPrimary(run: Run<Primary>, logFile: string | undefined): Promise<StepResult> {
  const { held, context } = run;
  const { temporary } = run.layout;
  const running = join(temporary, RUNNING);
  const begun = await inSection(temporary, sectionFor(run.build, context.signal), () => {
    const permission = mayBegin(readRoster(temporary));
    if (permission.kind === 'blocked') return permission;
    if (held.create(running) === 'exists') return blockedBy(RUNNING);
    context.step('begin: running created');
    if (logFile === undefined) return permission;
    let made: 'created' | 'exists' | undefined;
    try {
      made = held.create(join(temporary, UPDATE), logFile);
    } finally {
      if (made !== 'created') held.remove(running);
    }
    if (made === 'exists') return blockedBy(UPDATE);
    context.step('begin: update claimed');
    return permission;
  });
  return settle(temporary, begun);
}

/**
 * "A run begins", in the secondary's own directory: at most one run of a build. The exclusive creation alone decides.
 */
export function beginSecondary({ layout, held, context }: Run<Secondary>): StepResult {
  const running = join(layout.temporary, RUNNING);
  if (held.create(running) === 'exists') {
    const found = readStageLock(running);
    return { kind: 'blocked', locks: found === undefined ? [] : [found], paths: [running] };
  }
  context.step('begin: running created');
  return { kind: 'done' };
}

/**
 * "Primary may update": no secondary is between join and leave. `update` stands already and stays, so no further one
 * can join: a primary that waits for the present ones to leave is not starved by new ones.
 *
 * Looks without entering the critical section. Since no secondary can join any more, a look can only be out of date in the
 * harmless direction; and secondaries that come and find `update` cannot keep a waiting primary out of a section.
 */
export function mayUpdateNow({ layout: { temporary } }: Run<Primary>): StepResult {
  if (filesystemOf(temporary).reach === 'network') refreshDirectory(temporary);
  return settle(temporary, { kind: 'done', value: mayUpdate(readRoster(temporary)) });
}

/**
 * "Secondary joins": looks for the primary's `update` and puts `running.<name>` there, in one step. From here until it
 * leaves, the primary does not touch the source.
 *
 * Blocked by `update` it may try again later; blocked by its own `running.<name>` an earlier run of it has died.
 */
export async function joinPrimary({ build, held, context }: Run<Secondary>): Promise<StepResult> {
  const { temporary } = layoutOf(build.primary.directory);
  const mark = secondaryLockName(build.name);
  const joined = await inSection(temporary, sectionFor(build.primary, context.signal), () => {
    const permission = mayJoin(readRoster(temporary), build.name);
    if (permission.kind === 'blocked') return permission;
    if (held.create(join(temporary, mark)) === 'exists') return blockedBy(mark);
    context.step('join: joined');
    return permission;
  });
  return settle(temporary, joined);
}

/** Where {@link joinPrimary} puts the mark of a secondary. */
export function markOf({ name, primary }: Secondary): string {
  return join(layoutOf(primary.directory).temporary, secondaryLockName(name));
}

/**
 * "Primary updated": from here on secondaries join, and the record of the update is in the journal. A secondary, whose
 * own `update` says that it waits for its primary's, has joined.
 */
export function endUpdate({ layout, held, context }: Run): void {
  held.remove(join(layout.temporary, UPDATE));
  context.step('update: ended');
}

/** "Secondary leaves": the primary may update again. */
export function leavePrimary({ build, held, context }: Run<Secondary>): void {
  held.remove(markOf(build));
  context.step('leave: left');
}

/** "A run ends", in its own directory. */
export function endRun({ layout, held, context }: Run<Build>): void {
  held.remove(join(layout.temporary, RUNNING));
  context.step('end: running removed');
  // Locks of a living run were removed by force: a run that came meanwhile was not kept out.
  for (const path of held.takeLost()) {
    const text = `${path} was removed by force while this run held it; another run may have run at the same time`;
    context.report({ kind: 'warning', text });
  }
}

function blockedBy(...by: string[]): Permission {
  return { kind: 'blocked', by };
}

/** Names the locks behind a refusal. */
function settle(temporary: string, sectioned: Sectioned<Permission>): StepResult {
  if (sectioned.kind !== 'done') return sectioned;
  if (sectioned.value.kind === 'go') return { kind: 'done' };
  const paths = sectioned.value.by.map((name) => join(temporary, name));
  return { kind: 'blocked', locks: readStageLocks(paths), paths };
}
