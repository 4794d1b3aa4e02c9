import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { type Html, html, text } from './html.js';
import { runPath } from './links.js';
import { ACTIVITIES, type Activity, type Bar, inOneBar, type RunBars, ticks } from './timeline.js';

/** A row of the picture. */
export interface Row {
  readonly build: string;
  readonly note: string;
  readonly runs: readonly RunBars[];
}

const WIDTH = 1000;
const LABELS = 170;
const ROW = 26;
const BAR = 16;
const TOP = 30;
/** Of a run whose stages are drawn. */
const LEAST_WIDTH = 8;
const WORDS: Readonly<Record<Activity, string>> = {
  wait: 'waits for a lock',
  update: 'updates the source',
  configure: 'configures',
  build: 'builds',
  test: 'tests',
  other: 'another stage',
};

/**
 * The picture of a timeline: its colours are classes of the style sheet, which no policy has to let through, and failures and waits have a
 * form of their own beside the colour.
 *
 * @param slug of the project, for links
 */
export function timelineSvg(rows: readonly Row[], fromMs: number, toMs: number, slug: string): Html {
  const scale = (WIDTH - LABELS - 10) / (toMs - fromMs);
  const x = (ms: number): string => (LABELS + (Math.max(fromMs, Math.min(toMs, ms)) - fromMs) * scale).toFixed(1);
  const width = (from: number, to: number): string => Math.max(1.5, Number(x(to)) - Number(x(from))).toFixed(1);
  const barsOf = (run: RunBars): readonly Bar[] => {
    const one = (run.toMs - run.fromMs) * scale < LEAST_WIDTH ? inOneBar(run) : undefined;
    return one === undefined ? run.bars : [one];
  };
  const bottom = TOP + rows.length * ROW;
  return html`<svg class="timeline" viewBox="0 0 ${WIDTH} ${bottom + 8}" role="img" aria-label="What each build did from ${momentText(fromMs)} to ${momentText(toMs)}; the table below says the same in words">
<defs><pattern id="waits" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch" width="2.5" height="6"/></pattern></defs>
${ticks(fromMs, toMs, 9).map(
  (ms) =>
    html`<line class="tick" x1="${x(ms)}" y1="${TOP - 8}" x2="${x(ms)}" y2="${bottom}"/><text class="soft" x="${x(ms)}" y="${TOP - 14}" text-anchor="middle">${clock(ms, toMs - fromMs)}</text>`,
)}
${rows.map(({ build, note, runs }, index) => {
  const y = TOP + index * ROW;
  const top = y + (ROW - BAR) / 2;
  return html`<g><text x="0" y="${y + 17}">${text(build, 22)} <tspan class="soft">${note}</tspan></text>${runs.map(
    (run) =>
      html`<a href="${runPath(slug, build, run.run)}"><title>${titleOf(build, run)}</title><rect class="run" x="${x(run.fromMs)}" y="${top + BAR / 2 - 1}" width="${width(run.fromMs, run.toMs)}" height="2"/>${barsOf(
        run,
      ).map(
        (bar) =>
          html`<rect class="${bar.activity}${bar.failed ? ' failed' : ''}" x="${x(bar.fromMs)}" y="${top}" width="${width(bar.fromMs, bar.toMs)}" height="${BAR}" rx="2"/>${bar.failed && Number(width(bar.fromMs, bar.toMs)) >= 8 ? html`<text class="cross" x="${x((bar.fromMs + bar.toMs) / 2)}" y="${top + 13}" text-anchor="middle">✗</text>` : ''}`,
      )}</a>`,
  )}</g>`;
})}
</svg>
<ul class="legend">${ACTIVITIES.map(
    (activity) =>
      html`<li><svg width="16" height="16" aria-hidden="true"><rect class="${activity}" width="16" height="16" rx="2"/></svg> ${WORDS[activity]}</li>`,
  )}<li><svg width="16" height="16" aria-hidden="true"><rect class="build failed" x="1" y="1" width="14" height="14" rx="2"/></svg> failed: ✗</li></ul>`;
}

function titleOf(build: string, { stamp, fromMs, toMs, result, bars }: RunBars): string {
  const lines = [
    `${build} ${stamp}: ${result}, ${momentText(fromMs)}, ${formatDuration(toMs - fromMs)}`,
    ...bars.map(({ words }) => words),
  ];
  return lines.map((line) => text(line, 300)).join('\n');
}

/** `14:30`; with the date where the picture spans more than a day. */
function clock(ms: number, spanMs: number): string {
  const moment = momentText(ms);
  return spanMs > 30 * 3_600_000 ? moment.slice(5, 16) : moment.slice(11, 16);
}
