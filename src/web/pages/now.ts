import type { Project } from '../../config/project.js';
import { heldBy } from '../../locks/index.js';
import { doingOf } from '../../scheduler/doing.js';
import type { OtherHosts } from '../../stages/builds-elsewhere.js';
import type { PastRun } from '../../stages/history.js';
import { unlockCommand } from '../../stages/messages.js';
import type { LockStatus, StageStatus } from '../../stages/status.js';
import { counted } from '../../text/counted.js';
import { formatDuration } from '../../text/duration.js';
import { momentText } from '../../text/moment.js';
import { shellWord } from '../../text/shell-word.js';
import { ago, badge, type Html, html, table, text } from '../html.js';
import { buildPath, runPath } from '../links.js';
import type { ServedProject } from '../served-projects.js';
import type { ScheduledStatus, Snapshot } from '../snapshots.js';
import { resultBadge } from './build.js';
import { hostsPart } from './hosts.js';

/** Every build and what it does, every stage lock and who waits behind it. */
export function nowPage(served: ServedProject, snapshot: Snapshot, hosts?: OtherHosts): Html {
  const { slug, project } = served;
  const { builds, schedulers, mails, events, now } = snapshot;
  const late = events.filter(({ waiting }) => waiting > 0);
  const nowMs = now.getTime();
  const hasRun = builds.some(({ past, locks }) => past?.last !== undefined || locks.length > 0);
  return html`${hasRun ? '' : firstSteps(project)}${table(
    `The builds of ${project.name}`,
    ['Build', 'Now', 'Last run', 'Has yet to build', 'Next by its schedule'],
    builds.map((status) => [
      html`<a href="${buildPath(slug, status.build)}">${status.build}</a> <span class="soft">${status.role}</span>`,
      nowText(status, nowMs),
      lastText(slug, status, nowMs),
      status.owes === undefined || status.owes === 0 ? undefined : counted(status.owes, 'update'),
      status.nextMs === undefined ? undefined : momentText(status.nextMs),
    ]),
  )}${hostsPart(served, hosts, nowMs)}${troubles(project, builds)}${locksOf(snapshot)}${
    schedulers.length === 0
      ? ''
      : html`<h2>Schedulers</h2><ul>${schedulers.map(
          ({ host, pid, since, judgement }) =>
            html`<li>${heldBy({ pid, host: text(host, 255) }, judgement, nowMs - Date.parse(since))}</li>`,
        )}</ul>`
  }${
    mails === undefined || mails.waiting.length + mails.failed.length === 0
      ? ''
      : html`<h2>Mails</h2><p>${mails.waiting.length} waiting, ${mails.failed.length} given up. Details: <code>stagelock --config ${shellWord(project.file)} mail</code></p>`
  }${
    late.length === 0
      ? ''
      : html`<h2>Notifications</h2><p>${late.map(({ subscriber, waiting }) => `${text(subscriber, 64)}: ${counted(waiting, 'event')} waiting. `)}Details: <code>stagelock --config ${shellWord(project.file)} notify</code></p>`
  }`;
}

/** For a page that has nothing to show yet. */
function firstSteps(project: Project): Html {
  return html`<div class="note"><p>No runs yet. To run the builds by cron, each by its <code>schedule</code>:</p><pre>stagelock --config ${shellWord(project.file)} crontab --install</pre><p>Or one of them now:</p><pre>stagelock --config ${shellWord(project.file)} run ${shellWord([...project.builds.keys()][0] ?? '')}</pre></div>`;
}

function nowText(status: ScheduledStatus, nowMs: number): Html {
  const doing = doingOf(status);
  switch (doing.kind) {
    case 'unreadable':
      return badge('bad', `cannot be read: ${text(doing.problem)}`);
    case 'queued':
      return badge('wait', `waits for a free slot, number ${doing.place.place} of ${doing.place.of}`);
    case 'idle':
      return badge('idle', doing.hasRun ? 'idle' : 'has not built anything yet');
    case 'dead':
      return badge('dead', 'left locks behind');
    case 'waiting': {
      const { name, record } = doing.lock;
      const whose = record === undefined ? '' : ` of ${text(record.build, 64)}`;
      const since = doing.stage === undefined ? '' : `, ${sinceText(doing.stage.since, nowMs)}`;
      return badge('wait', `waits for ${text(name, 64)}${whose}${since}`);
    }
    case 'unknown':
      return badge('idle', 'runs on another host, or died there');
    case 'running':
      return badge('busy', doing.stage === undefined ? 'running' : stageText(doing.stage, nowMs));
  }
}

function stageText({ name, since, expectedMs }: StageStatus, nowMs: number): string {
  const expected = expectedMs === undefined ? '' : ` of about ${formatDuration(expectedMs)}`;
  return `${text(name, 64)}, ${sinceText(since, nowMs)}${expected}`;
}

function lastText(slug: string, { build, past }: ScheduledStatus, nowMs: number): Html | undefined {
  const { last, judged, passed } = past ?? {};
  if (last === undefined) return undefined;
  const one = (run: PastRun): Html =>
    html`<a href="${runPath(slug, build, run.run)}">${resultBadge(run)}</a> ${ago(run.ended ?? run.begun, nowMs)}`;
  const others = [
    ...(judged === undefined || judged.run === last.run ? [] : [html`before that ${one(judged)}`]),
    ...(judged === undefined || judged.result === 'done'
      ? []
      : [
          passed === undefined
            ? 'has not passed for long'
            : html`last passed ${ago(passed.ended ?? passed.begun, nowMs)}`,
        ]),
  ];
  return html`${one(last)}${others.map((other) => html`<br><span class="soft">${other}</span>`)}`;
}

/** What a person should look at, with what to do. */
function troubles(project: Project, builds: readonly ScheduledStatus[]): Html | string {
  const notes = builds.flatMap(({ build, locks, halfMoved, undelivered }) => [
    ...(locks.some(({ judgement }) => judgement.fate === 'dead')
      ? [
          html`<strong>${build}</strong>: a run died and left its locks, which stay until a person has looked. To clear them then: <code>${unlockCommand(build, { configFile: project.file })}</code>`,
        ]
      : []),
    ...(halfMoved === undefined
      ? []
      : [
          html`<strong>${build}</strong>: the source may be half updated (${text(halfMoved)}); the next run of ${build} repairs it.`,
        ]),
    ...(undelivered.count === 0
      ? []
      : [html`<strong>${build}</strong>: ${counted(undelivered.count, 'submission')} not delivered yet.`]),
  ]);
  if (notes.length === 0) return '';
  return html`<h2>To look at</h2>${notes.map((note) => html`<div class="note bad">${note}</div>`)}`;
}

function locksOf({ builds, now }: Snapshot): Html {
  const locks = builds.flatMap((status) => status.locks.map((lock) => ({ lock, build: status.build })));
  const unique = [...new Map(locks.map((each) => [each.lock.path, each])).values()];
  if (unique.length === 0) return html`<h2>Locks</h2><p class="soft">No stage lock is held.</p>`;
  return html`<h2>Locks</h2>${table(
    'Stage locks, with those who wait behind them',
    ['Lock', 'Held by', 'Since', 'Owner', 'Waits behind it'],
    unique.map(({ lock, build }) => [
      html`${text(lock.name, 64)} <span class="soft">of ${build}</span>`,
      lock.record === undefined
        ? 'unknown: the file holds no record'
        : `pid ${lock.record.pid} of ${text(lock.record.user, 64)} on ${text(lock.record.host, 100)}`,
      lock.record === undefined ? undefined : ago(lock.record.since, now.getTime()),
      ownerText(lock),
      behind(builds, lock.path, now.getTime()),
    ]),
  )}`;
}

function ownerText({ judgement: { fate, why } }: LockStatus): Html {
  const kind = fate === 'alive' ? 'busy' : fate === 'dead' ? 'dead' : 'idle';
  return badge(kind, `${fate}${fate === 'alive' ? '' : `: ${text(why)}`}`);
}

function behind(builds: readonly ScheduledStatus[], path: string, nowMs: number): string | undefined {
  const waiting = builds.filter(({ waitsFor }) => waitsFor.some((lock) => lock.path === path));
  if (waiting.length === 0) return undefined;
  return waiting
    .map(({ build, stage }) => `${build}${stage === undefined ? '' : ` for ${sinceText(stage.since, nowMs)}`}`)
    .join(', ');
}

function sinceText(since: string, nowMs: number): string {
  return formatDuration(Math.max(0, nowMs - Date.parse(since)) || 0);
}
