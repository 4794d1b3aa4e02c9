import type { Build } from '../../config/project.js';
import type { PastRun } from '../../stages/history.js';
import { newestRuns } from '../../stages/newest-runs.js';
import { hasPassed, resultWords, wasSkipped } from '../../stages/result-words.js';
import { counted } from '../../text/counted.js';
import { formatDuration } from '../../text/duration.js';
import { shellWord } from '../../text/shell-word.js';
import { badge, type Html, html, table, text, time } from '../html.js';
import { runPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';

/** Of the history of a build. */
const BYTES = 256 * 1024;
const MOST = 100;

/** The newest runs of a build. */
export function buildPage({ slug, project }: ServedProject, build: Build): Html {
  const runs = newestRuns(build.directory, BYTES).slice(-MOST).reverse();
  if (runs.length === 0) {
    return html`<div class="note"><p>${build.name} has not built anything yet. To run it now:</p><pre>stagelock --config ${shellWord(project.file)} run ${shellWord(build.name)}</pre></div>`;
  }
  return html`${facts(build)}${table(
    'The newest runs first',
    ['Run', 'Began', 'Result', 'Took', 'Waited', 'Built'],
    runs.map((run) => [
      html`<a href="${runPath(slug, build.name, run.run)}">${text(run.stamp, 64)}</a>`,
      time(run.begun),
      resultBadge(run),
      run.ended === undefined ? undefined : formatDuration(Math.max(0, Date.parse(run.ended) - Date.parse(run.begun))),
      (run.waitedMs ?? 0) >= 1000 ? formatDuration(run.waitedMs ?? 0) : undefined,
      run.update === undefined
        ? undefined
        : `${text(run.update.revision.slice(0, 12))}, ${counted(run.update.commits, 'commit')}`,
    ]),
  )}`;
}

/** How a run ended, with a colour. */
export function resultBadge(run: PastRun): Html {
  if (run.ended === undefined) return badge('busy', 'running, or died');
  const kind = hasPassed(run) ? 'good' : wasSkipped(run) ? 'wait' : 'bad';
  return badge(kind, text(resultWords(run), 200));
}

function facts({ role, source, directory, schedule }: Build): Html {
  return html`<p class="soft">${role}, source <code>${source}</code>, build directory <code>${directory}</code>${schedule === undefined ? '' : html`, schedule <code>${schedule}</code>`}</p>`;
}
