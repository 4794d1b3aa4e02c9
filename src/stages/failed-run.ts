import { join } from 'node:path';
import { FAILURE } from '../failures/failure.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { refuseLink } from '../files/in-the-way.js';
import { array, object, parseRecord, recordText, string, type TypeOf, where } from '../records/schema.js';
import { tagOf } from './buildstamp.js';
import { layoutOf } from './temporary.js';

/*
 * What failed in a run, for those who ask later: `stagelock log --failed`, a page. One file for each run that failed, beside the
 * history, whose lines say which those are:
 *
 *     Testing/Failures/20020131-1121-3f2a….json
 */

const ID = /^[0-9a-f]{16}$/;
const NAME = /^\d{8}-\d{4}-[0-9a-f]{16}\.json$/;

const FAILED_RUN = object({
  /** The id of the run, as in the history. */
  run: string(ID),
  /** `20020131-1121-Nightly` */
  stamp: where(string(), (stamp) => tagOf(stamp) !== undefined),
  failures: array(FAILURE),
});
export type FailedRun = TypeOf<typeof FAILED_RUN>;

/** So many are kept of a build. */
const MOST = 100;
/** Bytes of one; ours have at most a third of that. */
const LONGEST = 1024 * 1024;

/** @throws the system's error; what was there before stays */
export function writeFailedRun(buildDirectory: string, failed: FailedRun): void {
  const directory = directoryOf(buildDirectory);
  refuseLink(directory);
  ensureDirectory(directory);
  replaceAtomically(join(directory, nameOf(failed)), recordText(FAILED_RUN, failed));
  // Their names begin with their time. Who dies before this leaves the removal to the next one.
  const names = namesIn(directory).filter((name) => NAME.test(name));
  for (const name of names.sort().slice(0, -MOST)) removeIfThere(join(directory, name));
}

/** @returns undefined where there is none, or it cannot be read */
export function readFailedRun(buildDirectory: string, run: Pick<FailedRun, 'run' | 'stamp'>): FailedRun | undefined {
  if (!ID.test(run.run) || tagOf(run.stamp) === undefined) return undefined;
  try {
    const text = readRegularFile(join(directoryOf(buildDirectory), nameOf(run)), LONGEST);
    return text === undefined ? undefined : parseRecord(FAILED_RUN, text);
  } catch {
    return undefined;
  }
}

/** The tags, `20020131-1121`, of all runs of which a record is there. @throws the system's error */
export function tagsOfFailedRuns(buildDirectory: string): ReadonlySet<string> {
  const names = namesIn(directoryOf(buildDirectory)).filter((name) => NAME.test(name));
  return new Set(names.map((name) => name.slice(0, '20020131-1121'.length)));
}

function directoryOf(buildDirectory: string): string {
  return join(layoutOf(buildDirectory).testing, 'Failures');
}

function nameOf({ run, stamp }: Pick<FailedRun, 'run' | 'stamp'>): string {
  return `${tagOf(stamp)}-${run}.json`;
}
