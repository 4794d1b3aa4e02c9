import type { Build } from '../../config/project.js';
import { failureLines } from '../../failures/failure-lines.js';
import { headlineWithEnd } from '../../failures/headline.js';
import { expectedMs, readDurations } from '../../stages/durations.js';
import { readFailedRun } from '../../stages/failed-run.js';
import type { PastRun } from '../../stages/history.js';
import { logsOf } from '../../stages/past-logs.js';
import { primaryOf } from '../../stages/primary-of.js';
import { waitingText } from '../../stages/submission.js';
import { layoutOf } from '../../stages/temporary.js';
import { spoolOf, waitingIn } from '../../submission/spool.js';
import { formatDuration } from '../../text/duration.js';
import { journalDirectory, recordAt } from '../../updates/journal.js';
import type { Change } from '../../updates/record.js';
import { type Html, html, table, text, time } from '../html.js';
import { logPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import { resultBadge } from './build.js';

/** Lines of a failure: all that are kept of it. */
const ALL = 2000;
const MOST_COMMITS = 100;
/** Others of the group may write a history. */
const MOST_STAGES = 200;
/** Of a record of an update, in bytes; longer ones are not read for a page. */
const LONGEST_RECORD = 4 * 1024 * 1024;

/** One run: what it built, how long its stages took, what failed and where the logs are. */
export function runPage({ slug }: ServedProject, build: Build, run: PastRun): Html {
  return html`<p>${resultBadge(run)}, began ${time(run.begun)}${
    run.ended === undefined
      ? ''
      : html`, took ${formatDuration(Math.max(0, Date.parse(run.ended) - Date.parse(run.begun)))}`
  }${run.exitCode === undefined ? '' : html`, exit code ${run.exitCode}`}</p>${waits(run)}${stages(slug, build, run)}${failures(build, run)}${commits(build, run)}${reports(build)}`;
}

function waits({ waits: all = [] }: PastRun): Html | string {
  if (all.length === 0) return '';
  return html`<h2>Waits</h2><ul>${all.map(
    ({ lock, build, ms }) =>
      html`<li>${formatDuration(ms)} for <code>${text(lock, 64)}</code>${build === undefined ? '' : ` of ${text(build, 64)}`}</li>`,
  )}</ul>`;
}

function stages(slug: string, build: Build, run: PastRun): Html {
  const durations = readDurations(layoutOf(build.directory).temporary);
  const past = new Map(run.stages?.map((stage) => [stage.name, stage]));
  return html`<h2>Stages</h2>${table(
    'What each took, and what it takes usually: the median of its last runs that passed',
    ['Stage', 'Outcome', 'Took', 'Usually', 'Log'],
    logsOf(build, run)
      .slice(0, MOST_STAGES)
      .map(({ stage, outcome }) => {
        const ms = past.get(stage)?.ms;
        const usual = expectedMs(durations, stage);
        return [
          text(stage, 64),
          outcome === undefined ? undefined : text(outcome, 64),
          ms === undefined ? undefined : formatDuration(ms),
          usual === undefined ? undefined : formatDuration(usual),
          html`<a href="${logPath(slug, build.name, run.run, stage)}">log<span class="hidden"> of ${stage}</span></a>`,
        ];
      }),
  )}`;
}

function failures(build: Build, run: PastRun): Html | string {
  const found = readFailedRun(build.directory, run)?.failures ?? [];
  if (found.length === 0) return '';
  return html`<h2>What failed</h2>${found.map(
    (failure) =>
      html`<h3 class="bad">${text(headlineWithEnd(failure))}</h3><pre>${failureLines(failure, ALL).join('\n')}</pre>`,
  )}`;
}

function commits(build: Build, { update }: PastRun): Html | string {
  if (update === undefined) return '';
  const journal = journalDirectory(primaryOf(build).directory);
  const changes = update.records
    .slice(-MOST_COMMITS)
    .flatMap((record) => recordAt(journal, record, LONGEST_RECORD)?.changes ?? []);
  const title = html`<h2>What it built</h2><p>Revision <code>${text(update.revision)}</code></p>`;
  if (changes.length === 0) {
    return html`${title}<p class="soft">${update.commits === 0 ? 'No new commits.' : 'Its commits are not in the journal any more, or too many for a page.'}</p>`;
  }
  const newest = changes.slice(-MOST_COMMITS).reverse();
  return html`${title}<ul>${newest.map(commit)}</ul>${changes.length > newest.length ? html`<p class="soft">and ${changes.length - newest.length} older ones</p>` : ''}`;
}

function commit({ revision, author, date, log, files }: Change): Html {
  const [first = ''] = log.split('\n');
  return html`<li><code>${text(revision.slice(0, 12), 12)}</code> ${text(first)} <span class="soft">${text(author, 100)}, ${time(date)}, ${files.length === 1 ? '1 file' : `${files.length} files`}</span></li>`;
}

function reports(build: Build): Html | string {
  if (build.submission === undefined) return '';
  const waiting = waitingIn(spoolOf(build.directory));
  return html`<h2>Reports</h2><p>${waiting.count === 0 ? 'All reports of this build are delivered.' : text(waitingText(waiting))}</p>`;
}
