import type { Host } from '../host/host.js';
import { remainsOfMany } from '../host/remains.js';
import type { CleanupContext, Finding } from './finding.js';
import { type Environment, lockDirectoriesOfAll } from './lock-directories.js';
import { LockCleaner } from './locks.js';
import { cleanMadeOnce } from './made-once.js';
import { PathSet } from './path-set.js';
import { Places } from './place.js';
import { rootsOf } from './roots.js';
import { type Survey, Surveyor } from './survey.js';
import { Tally } from './tally.js';
import { cleanTemporaries } from './temporaries.js';

export interface CleanupOptions {
  /** Directories, each to be walked with all below it. */
  readonly roots: readonly string[];
  /** Says what would be removed and changes nothing. */
  readonly dryRun: boolean;
  /** What is younger stays, in milliseconds. */
  readonly minAgeMs: number;
  /** Age at which an exclusive file without a name was abandoned, in milliseconds. */
  readonly overdueMs: number;
  /** How long to wait for the connection to another host, in seconds; 0 asks none. */
  readonly sshTimeoutS: number;
  readonly host: Host;
  /** Where locks are kept may be said by CT_LOCK_DIR. */
  readonly environment: Environment;
  readonly onFinding: (finding: Finding) => void;
  readonly onProgress: (progress: Progress) => void;
}

export type Progress =
  | { readonly stage: 'walking'; readonly done: number; readonly known: number }
  | { readonly stage: 'asking'; readonly hosts: number };

export interface CleanupResult {
  readonly survey: Survey;
  readonly tally: Tally;
}

/** How long a dry run goes by what it has seen of the kernel's locks, in milliseconds. */
const LOOK_MS = 1000;

/**
 * Finds the locks and temporaries that dead processes have left in some trees and removes them. What it cannot be sure of
 * stays. Builds may run meanwhile.
 *
 * The trees are gone through twice: first the locks go, then, where there are any, the temporaries, because of those the lock
 * decides. Nothing is kept of what was seen, so that memory does not grow with what there is to clean.
 */
export async function cleanUp(options: CleanupOptions): Promise<CleanupResult> {
  const { onFinding, onProgress, dryRun } = options;
  const elsewhere = lockDirectoriesOfAll(options.roots, options.environment);
  const { roots } = rootsOf([...options.roots, ...elsewhere.directories]);
  const tally = new Tally();
  const context: CleanupContext = {
    ...options,
    // Who removes a lock looks at its very moment.
    host:
      dryRun && options.host.remains !== undefined
        ? { ...options.host, remains: remainsOfMany(LOOK_MS) }
        : options.host,
    places: new Places(!dryRun),
    lockDirectories: new Set(elsewhere.directories),
    cleared: new PathSet(),
    report: (finding) => {
      tally.add(finding);
      onFinding(finding);
    },
  };
  const walking = (done: number, known: number): void => onProgress({ stage: 'walking', done, known });
  const surveyor = new Surveyor(roots, walking);
  const locks = new LockCleaner(context, (hosts) => onProgress({ stage: 'asking', hosts }));
  let hasMore = false;
  for await (const found of surveyor.leftovers()) {
    hasMore ||= found.temporaries.length + found.factsOf.length > 0;
    await locks.clean(found.locks);
  }
  await locks.end();
  if (hasMore) await cleanTheRest(roots, context, walking);
  const { survey } = surveyor;
  return { survey: { ...survey, problems: [...elsewhere.problems, ...survey.problems] }, tally };
}

/** What could not be read was reported the first time. */
async function cleanTheRest(
  roots: readonly string[],
  context: CleanupContext,
  onProgress: (done: number, known: number) => void,
): Promise<void> {
  for await (const found of new Surveyor(roots, onProgress).leftovers()) {
    cleanTemporaries(found.temporaries, context);
    cleanMadeOnce(found.factsOf, context);
  }
}
