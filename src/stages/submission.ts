import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { type Delivery, deliver } from '../submission/delivery.js';
import { destinationOf } from '../submission/destination.js';
import { submittedParts } from '../submission/parts.js';
import { addSubmission, hasSubmissions, type Submission, spoolOf, type Waiting } from '../submission/spool.js';
import { errorText } from '../text/error-text.js';
import { momentText } from '../text/moment.js';
import type { Run } from './run.js';
import type { RunContext } from './run-context.js';
import { openStageLog, type StageLog } from './stage-log.js';
import { ensureLayout, type Layout, logFileOf } from './temporary.js';

/** The reports of a stamp, each with what changes when it is written anew. */
export type ReportsBefore = ReadonlyMap<string, string>;

/**
 * The reports that are there when a run begins. All runs of one night have the same stamp, and what an earlier one has
 * reported is not reported again.
 */
export function reportsBefore({ build, layout, stamp }: Run): ReportsBefore {
  return build.submission === undefined ? new Map() : reportsIn(join(layout.testing, stamp.tag));
}

/**
 * Puts what a run has reported into the spool of its build, from where {@link deliverReports} takes it. This comes before
 * the run records its updates as built: if the process dies in between, the next run builds and reports them again.
 */
export function spoolReports({ build, layout, stamp, context }: Run, before: ReportsBefore): void {
  if (build.withoutSubmission?.kind === 'obstacle') {
    context.report({ kind: 'warning', text: `the reports are not submitted: ${build.withoutSubmission.message}` });
  }
  if (build.submission === undefined) return;
  const directory = join(layout.testing, stamp.tag);
  try {
    const now = reportsIn(directory);
    const files = submittedParts([...now.keys()].filter((name) => now.get(name) !== before.get(name)));
    if (files.length === 0) return;
    const since = context.now().toISOString();
    const facts = { site: build.site, build: build.reportName, stamp: stamp.text, since, tries: 0, refusals: 0 };
    addSubmission(
      spoolOf(build.directory),
      facts,
      files.map((name) => join(directory, name)),
    );
  } catch (error) {
    const why = errorText(error);
    const text = `the reports of ${stamp.text} were not submitted, because they could not be put into the spool: ${why}. They are in ${directory}`;
    context.report({ kind: 'warning', text });
  }
}

/**
 * Delivers what is in the spool of a build, if anything is. The run has no locks any more: a server that does not answer
 * must not keep the next run, or the primary, from building. What goes wrong is a warning, and left for a later run.
 */
export async function deliverReports(build: Build, context: RunContext): Promise<void> {
  const spool = spoolOf(build.directory);
  try {
    if (build.submission === undefined || !hasSubmissions(spool)) return;
    context.report({ kind: 'submitting' });
    const delivery = await deliverSpool(build, context, false);
    for (const problem of delivery.problems) context.report({ kind: 'warning', text: `submit: ${problem}` });
    if (delivery.delivered > 0) context.report({ kind: 'submitted', reports: delivery.delivered });
    if (delivery.end.kind === 'put-off') {
      context.report({ kind: 'submission-put-off', why: delivery.end.why, left: waitingText(delivery.left) });
    } else if (delivery.end.kind === 'empty') {
      context.report({ kind: 'spool-empty' });
    }
  } catch (error) {
    const why = errorText(error);
    context.report({ kind: 'warning', text: `the reports could not be submitted and stay in ${spool}: ${why}` });
  }
}

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

/** `3 submissions (1.2 MB) waiting for delivery in DIR, the oldest since TIME; later runs retry` */
export function waitingText({ count, bytes, oldest }: Waiting): string {
  const many = count === 1 ? '1 submission' : `${count} submissions`;
  const where =
    oldest === undefined ? '' : ` in ${join(oldest.path, '..')}, the oldest since ${momentText(oldest.since)}`;
  return `${many} (${(bytes / 1e6).toFixed(1)} MB) waiting for delivery${where}; later runs retry`;
}

/** `LastSubmit_<tag>.log`, as CTest calls it, of each submission that is tried. */
class SubmitLogs {
  readonly #layout: Layout;
  readonly #logs = new Map<string, StageLog>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  of({ stamp }: Submission): StageLog {
    const tag = tagOf(stamp);
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
    replaceAtomically(join(testing, tagOf(stamp), 'Done.xml'), xml);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** What stands in a spool is data; it must not make a path. */
function tagOf(stamp: string): string {
  return /^\d{8}-\d{4}(?=-)/.exec(stamp)?.[0] ?? 'unknown';
}

function reportsIn(directory: string): ReportsBefore {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Map();
    throw error;
  }
  return new Map(
    submittedParts(names).flatMap((name) => {
      const stat = lstatSync(join(directory, name), { bigint: true, throwIfNoEntry: false });
      // A link in its place would submit a file of another user's choice.
      return stat?.isFile() ? [[name, `${stat.ino} ${stat.size} ${stat.mtimeNs}`] as const] : [];
    }),
  );
}
