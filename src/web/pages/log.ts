import type { Build } from '../../config/project.js';
import type { PastRun } from '../../stages/history.js';
import { type MarkedLine, markedLines } from '../../stages/marked-log.js';
import { openOwnLog } from '../../stages/own-log.js';
import { logsOf } from '../../stages/past-logs.js';
import { type Html, html, text } from '../html.js';
import { runPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';

/** The log of one stage of a run, in pieces: it may have a gigabyte. */
export async function* logPage(
  { slug }: ServedProject,
  build: Build,
  run: PastRun,
  stage: string,
): AsyncGenerator<Html> {
  const path = logsOf(build, run).find((log) => log.stage === stage)?.path;
  yield html`<p><a href="${runPath(slug, build.name, run.run)}">The run</a></p>`;
  const log = path === undefined ? undefined : openOwnLog(build, path);
  if (path === undefined || log === undefined || log.kind === 'absent') {
    yield html`<p>This log is gone, or was never written: of each stage the newest ${build.keepLogs} are kept (<code>keep_logs</code>).</p>`;
    return;
  }
  if (log.kind === 'refused') {
    yield html`<p class="bad">This log is not shown: ${text(log.why)}.</p>`;
    return;
  }
  yield html`<p class="soft"><code>${text(path)}</code></p><pre>`;
  for await (const lines of markedLines(log, path)) yield html`${lines.map(lineHtml)}`;
  yield html`</pre>`;
}

function lineHtml({ text: line, kind }: MarkedLine): Html {
  return kind === undefined
    ? html`${line}
`
    : html`<mark class="${kind}">${line}</mark>
`;
}
