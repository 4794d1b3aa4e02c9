import { type BuildContention, isTight } from '../../contention/build-waits.js';
import { counted } from '../../text/counted.js';
import { formatDuration } from '../../text/duration.js';
import { type Html, html, table, text } from '../html.js';
import { buildPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';

/** Who waits for whom, and whether intervals fit. @param span `21 d` */
export function contentionPage(
  { slug }: ServedProject,
  { runs, waits, intervals }: BuildContention,
  span: string,
): Html {
  const tight = intervals.filter(isTight);
  const totalMs = waits.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  return html`<p>${counted(runs, 'run')} in the last ${span}: ${waits.length === 0 ? 'no build waited for another' : `waited ${formatDuration(totalMs)} in all`}.</p>${
    waits.length === 0
      ? ''
      : table(
          'What waited longest comes first',
          ['Build', 'Waited for', 'Of', 'In all', 'Runs', 'Skipped runs', 'Longest', 'Median'],
          waits.map((wait) => [
            html`<a href="${buildPath(slug, wait.build)}">${wait.build}</a>`,
            text(wait.lock, 64),
            text(wait.heldBy ?? '', 64),
            formatDuration(wait.waitedMs),
            wait.runs,
            wait.skipped === 0 ? undefined : wait.skipped,
            formatDuration(wait.longestMs),
            formatDuration(wait.medianMs),
          ]),
        )
  }${
    tight.length === 0
      ? ''
      : html`<h2>Intervals that are too short</h2>${table(
          'Nine of ten runs take at most as long as the second column says',
          ['Build', 'Runs take', 'Without waits', 'Schedule', 'One each', 'This would fit'],
          tight.map((fit) => [
            fit.build,
            formatDuration(fit.mostTakeMs),
            formatDuration(fit.mostWorkMs),
            html`<code>${fit.schedule}</code>`,
            formatDuration(fit.intervalMs),
            fit.proposal === undefined ? undefined : html`<code>${fit.proposal}</code>`,
          ]),
        )}`
  }`;
}
