import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { type Delivery, deliver } from '../submission/delivery.js';
import { destinationOf } from '../submission/destination.js';
import { type Submission, spoolOf } from '../submission/spool.js';
import { tagOf } from './buildstamp.js';
import type { RunContext } from './run-context.js';
import { openStageLog, type StageLog } from './stage-log.js';
import { ensureLayout, type Layout, logFileOf } from './temporary.js';

/**
 * Delivers the spool of a build that submits.
 *
 * @param atOnce also when the next attempt is not due yet
 * @throws the system's error, LockError
 */
export async function deliverSpool(
  build: Build,
  context: Pick<RunContext, 'now' | 'signal' | 'environment'>,
  atOnce: boolean,
): Promise<Delivery> {
  if (build.submission === undefined) throw new Error(`${build.name} submits nothing`);
  const layout = ensureLayout(build.directory);
  const logs = new SubmitLogs(layout);
  const destination = await destinationOf(build.submission, context.environment);
  try {
    return await deliver(spoolOf(build.directory), build.submission, destination, {
      now: context.now,
      random: Math.random,
      signal: context.signal,
      atOnce,
      log: (submission, line) => logs.of(submission).line(`[stagelock] ${context.now().toISOString()} ${line}`),
      done: ({ stamp }, xml) => writeDone(layout, stamp, xml),
    });
  } finally {
    await destination.close();
    logs.close();
  }
}

/** `LastSubmit_<tag>.log`, as CTest calls it, of each submission that is tried. */
class SubmitLogs {
  readonly #layout: Layout;
  readonly #logs = new Map<string, StageLog>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  of({ stamp }: Submission): StageLog {
    const tag = tagIn(stamp);
    let log = this.#logs.get(tag);
    if (log === undefined) {
      log = openStageLog(logFileOf(this.#layout, 'submit', tag));
      this.#logs.set(tag, log);
    }
    return log;
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
  }
}

/** For `ctest` and people; CDash gets the same. The directory may be gone meanwhile. */
function writeDone({ testing }: Layout, stamp: string, xml: string): void {
  try {
    replaceAtomically(join(testing, tagIn(stamp), 'Done.xml'), xml);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** What stands in a spool is data; it must not make a path. */
function tagIn(stamp: string): string {
  return tagOf(stamp) ?? 'unknown';
}
