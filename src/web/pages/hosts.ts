import type { Coordination } from '../../config/project.js';
import { type BuildElsewhere, buildsElsewhere, type OtherHosts } from '../../stages/builds-elsewhere.js';
import type { EndOfRun } from '../../stages/end-of-run.js';
import { unlockCommand } from '../../stages/messages.js';
import { counted } from '../../text/counted.js';
import { formatDuration } from '../../text/duration.js';
import { inTime } from '../hosts.js';
import { ago, badge, type Html, html, table, text, time } from '../html.js';
import { endPath, hostBuildPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import { resultBadge } from './build.js';

/* Builds of other hosts. All that is in it comes from etcd, where others may write: each piece passes through `text`, and `html` escapes. */

/** What other hosts do, as a part of the page of a project. */
export function hostsPart(
  { slug, project }: ServedProject,
  hosts: OtherHosts | undefined,
  nowMs: number,
): Html | string {
  if (hosts === undefined) return '';
  const title = html`<h2>On other hosts</h2>`;
  if (hosts.problem !== undefined) {
    return html`${title}<p class="bad">Unknown, because etcd could not be asked: ${text(hosts.problem, 1000)}</p>`;
  }
  const builds = buildsElsewhere(hosts);
  if (builds.length === 0) return html`${title}<p class="soft">etcd knows of no build of another host.</p>`;
  return html`${title}${table(
    'Builds of other hosts, as etcd has them',
    ['Build', 'Host', 'Now', 'Last run'],
    builds.map((each) => [
      html`<a href="${hostBuildPath(slug, each.build)}">${text(each.build, 64)}</a>`,
      text(each.host ?? 'unknown', 100),
      nowText(each, project.file, nowMs),
      each.end === undefined
        ? undefined
        : html`<a href="${endPath(slug, each.build, each.end.past.run)}">${resultBadge(each.end.past)}</a> ${ago(each.end.past.ended ?? each.end.past.begun, nowMs)}`,
    ]),
  )}`;
}

function nowText({ build, doing, locks }: BuildElsewhere, configFile: string, nowMs: number): Html {
  if (doing === 'idle') return badge('idle', 'idle');
  const [first] = locks.filter(({ name }) => name !== 'running' && !name.startsWith('running.'));
  const since = first?.record === undefined ? '' : html`, ${ago(first.record.since, nowMs)}`;
  if (doing === 'running')
    return html`${badge('busy', first === undefined ? 'running' : text(first.name, 64))}${since}`;
  const why = locks.find(({ judgement }) => judgement.fate === 'dead')?.judgement.why ?? '';
  return html`${badge('dead', `left locks behind: ${text(why)}`)} To clear them then: <code>${unlockCommand(build, { configFile })}</code>`;
}

/** The newest runs of a build of another host. */
export async function hostBuildPage({ slug }: ServedProject, coordination: Coordination, build: string): Promise<Html> {
  const { pastInEtcd } = await import('../../stages/past-in-etcd.js');
  const seen = await inTime(pastInEtcd(coordination, build));
  if (seen?.kind !== 'seen') return away(seen?.message);
  if (seen.ends.length === 0) return html`<p>etcd has no run of this build.</p>`;
  return table(
    'The newest runs first, as etcd has them',
    ['Run', 'Host', 'Began', 'Result', 'Took', 'Built'],
    seen.ends
      .toReversed()
      .map(({ host, past }) => [
        html`<a href="${endPath(slug, build, past.run)}">${text(past.stamp, 64)}</a>`,
        text(host, 100),
        time(past.begun),
        resultBadge(past),
        tookText(past),
        past.update === undefined
          ? undefined
          : `${text(past.update.revision.slice(0, 12))}, ${counted(past.update.commits, 'commit')}`,
      ]),
  );
}

/** One run on another host: how it ended, what failed, and where the whole log is. */
export async function endPage(coordination: Coordination, build: string, run: string): Promise<Html> {
  const { excerptInEtcd, pastInEtcd } = await import('../../stages/past-in-etcd.js');
  const seen = await inTime(pastInEtcd(coordination, build));
  if (seen?.kind !== 'seen') return away(seen?.message);
  const end = seen.ends.find(({ past }) => past.run === run);
  if (end === undefined)
    return html`<p>etcd does not have this run, or has it no more: of each build the newest ones are kept.</p>`;
  const found = await inTime(excerptInEtcd(coordination, end));
  return html`${facts(end)}${
    found?.kind !== 'seen'
      ? away(found?.message)
      : html`${part('What failed', found.excerpt?.failures)}${part(`The end of the log${end.failed === undefined ? '' : ` of ${end.failed}`}`, found.excerpt?.lines)}`
  }`;
}

function facts({ host, logFile, past }: EndOfRun): Html {
  const { begun, ended, exitCode, update } = past;
  return html`<p>${resultBadge(past)}, on ${text(host, 255)}, began ${time(begun)}${ended === undefined ? '' : html`, took ${tookText(past)}`}${exitCode === undefined ? '' : html`, exit code ${exitCode}`}</p>${
    update === undefined
      ? ''
      : html`<p>Built revision <code>${text(update.revision)}</code>, ${counted(update.commits, 'new commit')}</p>`
  }${logFile === undefined ? '' : html`<p>The whole log is on ${text(host, 255)}: <code>${text(logFile, 4096)}</code></p>`}`;
}

function part(title: string, lines: readonly string[] = []): Html | string {
  return lines.length === 0 ? '' : html`<h2>${text(title)}</h2><pre>${lines.join('\n')}</pre>`;
}

function tookText({ begun, ended }: EndOfRun['past']): string | undefined {
  return ended === undefined ? undefined : formatDuration(Math.max(0, Date.parse(ended) - Date.parse(begun)) || 0);
}

function away(why = 'it has not answered in time'): Html {
  return html`<p class="bad">etcd could not be asked: ${text(why, 1000)}</p>`;
}
