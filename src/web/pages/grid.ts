import type { Build, Primary, Project } from '../../config/project.js';
import { primaryOf } from '../../stages/primary-of.js';
import { momentText } from '../../text/moment.js';
import { readCursor } from '../../updates/cursor.js';
import { headAt, journalDirectory, newestSequences } from '../../updates/journal.js';
import type { RecordHead } from '../../updates/record.js';
import { shortRevision } from '../../updates/short-revision.js';
import { type Cell, cellsOf } from '../grid.js';
import type { Histories } from '../histories.js';
import { type Html, html, text } from '../html.js';
import { buildPath, projectPath, runPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import type { ScheduledStatus, Snapshot } from '../snapshots.js';

/** Updates that are shown. */
const UPDATES = 20;

/** Which update of each source is built by whom, and how. */
export function gridPage({ slug, project }: ServedProject, { builds }: Snapshot, histories: Histories): Html {
  const primaries = [...project.builds.values()].filter((build) => build.role === 'primary');
  return html`${primaries.map((primary) => sourceGrid(slug, project, primary, builds, histories))}${LEGEND}`;
}

function sourceGrid(
  slug: string,
  project: Project,
  primary: Primary,
  statuses: readonly ScheduledStatus[],
  histories: Histories,
): Html {
  const journal = journalDirectory(primary.directory);
  const heads = newestSequences(journal, UPDATES).flatMap((sequence) => headAt(journal, sequence) ?? []);
  const title = html`<h2>The source of ${primary.name}</h2>`;
  if (heads.length === 0) {
    const why =
      primary.update === undefined ? 'stagelock does not update this source' : 'it has no recorded update yet';
    return html`${title}<p>There is nothing to show: ${why}. What its builds do is on the page <a href="${projectPath(slug)}">Now</a>.</p>`;
  }
  const sharing = [...project.builds.values()].filter((build) => primaryOf(build) === primary);
  return html`${title}<div class="scroll" tabindex="0" role="region" aria-label="Updates of ${primary.name}"><table class="grid"><caption>The newest update at the right</caption><thead><tr><th scope="col">Build</th>${heads.map(updateHead)}</tr></thead><tbody>${sharing.map(
    (build) => {
      const isBuilding = isPastUpdate(statuses.find((status) => status.build === build.name));
      const cells = cellsOf({ cursor: cursorOf(build), runs: histories.newest(build.directory), isBuilding }, heads);
      return html`<tr><th scope="row"><a href="${buildPath(slug, build.name)}">${build.name}</a></th>${cells.map((cell) => cellHtml(slug, build.name, cell))}</tr>`;
    },
  )}</tbody></table></div>`;
}

function updateHead({ sequence, revision, ended }: RecordHead): Html {
  return html`<th scope="col" title="${text(revision, 100)}, ${momentText(ended)}">${sequence}<br><span class="soft">${text(shortRevision(revision), 12)}</span></th>`;
}

function cellHtml(slug: string, build: string, cell: Cell): Html {
  switch (cell.kind) {
    case 'passed':
    case 'failed':
      return html`<td class="${cell.kind}"><a href="${runPath(slug, build, cell.run)}" aria-label="${cell.kind}">${cell.kind === 'passed' ? '✓' : '✗'}</a></td>`;
    case 'building':
      return html`<td class="building"><span role="img" aria-label="being built">▶</span></td>`;
    case 'pending':
      return html`<td><span role="img" aria-label="not built yet">○</span></td>`;
    case 'unknown':
      return html`<td class="soft"><span role="img" aria-label="not known">·</span></td>`;
  }
}

const LEGEND = html`<p class="soft">✓ passed, ✗ failed, ▶ being built, ○ not built yet, · longer ago than is remembered</p>`;

/** A cursor that cannot be read is reported by `stagelock updates`. */
function cursorOf(build: Build): number | undefined {
  const read = readCursor(primaryOf(build).directory, build.name);
  return read.kind === 'cursor' ? read.cursor.record : undefined;
}

function isPastUpdate(status: ScheduledStatus | undefined): boolean {
  if (status?.stage === undefined || status.stage.name === 'update') return false;
  return status.locks.every(({ judgement }) => judgement.fate !== 'dead');
}
