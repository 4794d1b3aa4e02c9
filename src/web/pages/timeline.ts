import type { Build } from '../../config/project.js';
import type { PastRun } from '../../stages/history.js';
import { newestRuns } from '../../stages/newest-runs.js';
import { formatDuration } from '../../text/duration.js';
import { momentText } from '../../text/moment.js';
import type { Histories } from '../histories.js';
import { type Html, html, table, text } from '../html.js';
import { projectPath, runPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import type { ScheduledStatus, Snapshot } from '../snapshots.js';
import { type Present, runBars } from '../timeline.js';
import { type Row, timelineSvg } from '../timeline-svg.js';

/** What can be chosen, in minutes. */
const SPANS = [5, 60, 360, 1440, 10_080];
const USUAL = 360;
/** Rows of one picture. */
const ROWS = 50;
/** For spans that are longer than what is kept of a history. */
const LONG_BYTES = 1024 * 1024;
/** Of each build, the newest: more have no room. */
const MOST_IN_ROW = 600;
/** Of the table below the picture. */
const MOST_RUNS = 200;
const MINUTE_MS = 60_000;

export interface TimelineQuery {
  readonly minutes: number;
  /** Builds that come before the first row. */
  readonly skip: number;
}

export function timelineQuery(minutes: string | undefined, skip: string | undefined): TimelineQuery {
  return {
    minutes: SPANS.find((each) => String(each) === minutes) ?? USUAL,
    skip: /^\d{1,6}$/.test(skip ?? '') ? Number(skip) : 0,
  };
}

/** The last hours: builds in rows, waiting drawn apart from work. */
export function timelinePage(
  { slug, project }: ServedProject,
  { builds, now }: Snapshot,
  { minutes, skip }: TimelineQuery,
  histories: Histories,
): Html {
  const nowMs = now.getTime();
  const fromMs = nowMs - minutes * MINUTE_MS;
  const rows = builds.slice(skip, skip + ROWS).flatMap((status): Row[] => {
    const build = project.builds.get(status.build);
    if (build === undefined) return [];
    const runs = runsSince(build, fromMs, histories);
    const bars = runBars(runs.slice(-MOST_IN_ROW), build.stages, { fromMs, nowMs, present: presentOf(status) });
    return [{ build: build.name, note: build.role, runs: bars }];
  });
  const link = (query: string, words: string, isCurrent = false): Html =>
    html`<a href="${projectPath(slug, 'timeline')}?${query}"${isCurrent ? html` aria-current="true"` : ''}>${words}</a> `;
  return html`<p>${SPANS.map((each) => link(`minutes=${each}`, formatDuration(each * MINUTE_MS), each === minutes))}${
    builds.length > ROWS
      ? html`<br>Builds ${skip + 1} to ${Math.min(builds.length, skip + ROWS)} of ${builds.length}: ${skip > 0 ? link(`minutes=${minutes}&skip=${Math.max(0, skip - ROWS)}`, 'those before') : ''}${skip + ROWS < builds.length ? link(`minutes=${minutes}&skip=${skip + ROWS}`, 'those after') : ''}`
      : ''
  }</p><div class="scroll" tabindex="0" role="region" aria-label="Timeline">${timelineSvg(rows, fromMs, nowMs, slug)}</div>${inWords(slug, rows)}`;
}

function runsSince({ directory }: Build, fromMs: number, histories: Histories): readonly PastRun[] {
  const runs = histories.newest(directory);
  const first = runs[0];
  return first !== undefined && Date.parse(first.begun) > fromMs ? newestRuns(directory, LONG_BYTES) : runs;
}

/** What a living run is at. */
function presentOf({ locks, stage, waitsFor }: ScheduledStatus): Present | undefined {
  if (locks.length === 0 || locks.some(({ judgement }) => judgement.fate === 'dead')) return undefined;
  const since = stage?.since ?? locks[0]?.record?.since;
  if (since === undefined) return undefined;
  return { stage: stage?.name ?? 'other', sinceMs: Date.parse(since), waits: waitsFor.length > 0 };
}

/** The same as the picture, for those who do not see it. */
function inWords(slug: string, rows: readonly Row[]): Html {
  const runs = rows
    .flatMap(({ build, runs: all }) => all.map((run) => ({ build, ...run })))
    .sort((a, b) => b.fromMs - a.fromMs)
    .slice(0, MOST_RUNS);
  if (runs.length === 0)
    return html`<p>No run in this time. An earlier time may have some; the builds are on the page <a href="${projectPath(slug)}">Now</a>.</p>`;
  return html`<details id="words"><summary>The same in words</summary>${table(
    'The newest first',
    ['Build', 'Began', 'Took', 'Result', 'What it did'],
    runs.map(({ build, run, fromMs, toMs, result, bars }) => [
      html`<a href="${runPath(slug, build, run)}">${build}</a>`,
      momentText(fromMs),
      formatDuration(toMs - fromMs),
      text(result),
      text(bars.map(({ words }) => words).join('; ')),
    ]),
  )}</details>`;
}
