import type { Host } from '../host/host.js';
import { remainsOfMany } from '../host/remains.js';
import type { CleanupContext, Finding } from './finding.js';
import { type Environment, lockDirectoriesOfAll } from './lock-directories.js';
import { cleanLocks } from './locks.js';
import { cleanMadeOnce } from './made-once.js';
import { Places } from './place.js';
import { rootsOf } from './roots.js';
import { type Survey, survey } from './survey.js';
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
  | { readonly stage: 'cleaning'; readonly done: number; readonly known: number }
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
 * First everything is listed, then the locks go, then the temporaries, because of those the lock decides.
 */
export async function cleanUp(options: CleanupOptions): Promise<CleanupResult> {
  const { onFinding, onProgress, dryRun } = options;
  const elsewhere = lockDirectoriesOfAll(options.roots, options.environment);
  const { roots } = rootsOf([...options.roots, ...elsewhere.directories]);
  const surveyed = await survey(roots, (done, known) => onProgress({ stage: 'walking', done, known }));
  const found = { ...surveyed, problems: [...elsewhere.problems, ...surveyed.problems] };
  const tally = new Tally();
  const known = found.locks.length + found.temporaries.length + found.factsOf.length;
  let done = 0;
  const context: CleanupContext = {
    ...options,
    // Who removes a lock looks at its very moment.
    host:
      dryRun && options.host.remains !== undefined
        ? { ...options.host, remains: remainsOfMany(LOOK_MS) }
        : options.host,
    places: new Places(!dryRun),
    lockDirectories: new Set(elsewhere.directories),
    cleared: new Set(),
    tell: (finding) => {
      tally.add(finding);
      onFinding(finding);
    },
    step: () => onProgress({ stage: 'cleaning', done: done++, known }),
  };
  await cleanLocks(found.locks, context, (hosts) => onProgress({ stage: 'asking', hosts }));
  cleanTemporaries(found.temporaries, context);
  cleanMadeOnce(found.factsOf, context);
  return { survey: found, tally };
}
