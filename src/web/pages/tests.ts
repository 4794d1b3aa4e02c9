import type { Project } from '../../config/project.js';
import { readFailedRun } from '../../stages/failed-run.js';
import { hasFailed } from '../../stages/past-logs.js';
import type { Histories } from '../histories.js';
import { badge, type Html, html, text } from '../html.js';
import { buildPath, runPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import { type TestedRun, type TestRow, testRows } from '../test-history.js';

/** Runs of each build that are looked at. */
const RUNS = 30;
/** Tests of each build that are shown. */
const TESTS = 50;

/** The tests that failed in the newest runs, how they fared in each, and which are flaky. */
export function testsPage({ slug, project }: ServedProject, histories: Histories): Html {
  const parts = buildsWithTests(project, histories).map(({ build, tested, rows }) => {
    const shown = rows.slice(0, TESTS);
    return html`<h2><a href="${buildPath(slug, build)}">${build}</a></h2><div class="scroll" tabindex="0" role="region" aria-label="Tests of ${build}"><table class="grid"><caption>Runs, the newest at the right</caption><thead><tr><th scope="col">Test</th><th scope="col">Failed</th>${tested.map(
      ({ run }) =>
        html`<th scope="col"><a href="${runPath(slug, build, run.run)}" title="${text(run.stamp, 64)}">${text(run.stamp.slice(4, 13), 10)}</a></th>`,
    )}</tr></thead><tbody>${shown.map(rowHtml)}</tbody></table></div>${rows.length > TESTS ? html`<p class="soft">and ${rows.length - TESTS} more tests</p>` : ''}`;
  });
  if (parts.length === 0) {
    return html`<p>No test failed in the newest runs of any build. A test is shown here once it has failed; a stage that runs tests is marked with <code>report = "test"</code>.</p>`;
  }
  return html`${parts}<p class="soft">✓ passed, ✗ failed, · not run, or not known. A flaky test passed and failed on the same revision, or went to and fro.</p>`;
}

function buildsWithTests(
  project: Project,
  histories: Histories,
): { readonly build: string; readonly tested: readonly TestedRun[]; readonly rows: readonly TestRow[] }[] {
  return [...project.builds.values()].flatMap(({ name, directory }) => {
    const runs = histories.newest(directory).filter(({ stages = [] }) => stages.length > 0);
    const tested = runs.slice(-RUNS).map((run) => ({
      run,
      failures: hasFailed(run) ? (readFailedRun(directory, run)?.failures ?? []) : [],
    }));
    const rows = testRows(tested);
    return rows.length === 0 ? [] : [{ build: name, tested, rows }];
  });
}

function rowHtml({ stage, test, fared, failures, isFlaky }: TestRow): Html {
  return html`<tr><th scope="row">${text(test, 120)} <span class="soft">${text(stage, 64)}</span> ${isFlaky ? badge('wait', 'flaky') : ''}</th><td>${failures}</td>${fared.map(
    (each) =>
      each === 'unknown'
        ? html`<td class="soft"><span role="img" aria-label="not known">·</span></td>`
        : html`<td class="${each}"><span role="img" aria-label="${each}">${each === 'passed' ? '✓' : '✗'}</span></td>`,
  )}</tr>`;
}
