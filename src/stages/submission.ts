import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { errorCode } from '../host/error-code.js';
import { submittedParts } from '../submission/parts.js';
import { addSubmission, hasSubmissions, spoolOf, type Waiting } from '../submission/spool.js';
import { errorText } from '../text/error-text.js';
import { momentText } from '../text/moment.js';
import type { Run } from './run.js';
import type { RunContext } from './run-context.js';

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
    // Few runs have something to deliver.
    const { deliverSpool } = await import('./report-delivery.js');
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

/** `3 submissions (1.2 MB) waiting for delivery in DIR, the oldest since TIME; later runs retry` */
export function waitingText({ count, bytes, oldest }: Waiting): string {
  const many = count === 1 ? '1 submission' : `${count} submissions`;
  const where =
    oldest === undefined ? '' : ` in ${join(oldest.path, '..')}, the oldest since ${momentText(oldest.since)}`;
  return `${many} (${(bytes / 1e6).toFixed(1)} MB) waiting for delivery${where}; later runs retry`;
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
