import type { Build, Project, Stage } from '../config/project.js';
import { withoutLogin } from '../config/source-remote.js';
import { addresseesOf } from '../mail/authors.js';
import { transportName } from '../mail/transport.js';
import { runLogOf } from '../scheduler/run-command.js';
import { explainClaim } from '../stages/claim-messages.js';
import {
  type Forecast,
  isUnlikeRecorded,
  type Outlook,
  type SourceNow,
  type StageForecast,
} from '../stages/forecast.js';
import { describeLock, type MessageContext } from '../stages/messages.js';
import { UPDATE } from '../stages/names.js';
import { primaryOf } from '../stages/primary-of.js';
import { explainInTheWay } from '../stages/remnant-text.js';
import { FILES } from '../stages/stage-report.js';
import { waitingText } from '../stages/submission.js';
import { layoutOf, logFileOf } from '../stages/temporary.js';
import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { shortRevision } from '../updates/short-revision.js';
import { environmentLines, sharedEnvironmentLines } from './dry-run-environment.js';

/** What a dry run says about the beginning of a run: locks, processes of earlier runs, the claim of the source. */
export function beginLines(
  { build, refusal, held, others, left, inTheWay }: Forecast,
  context: MessageContext,
): string[] {
  const locks = (found: Forecast['held']): string[] => found.flatMap((lock) => describeLock(lock, context));
  if (refusal !== undefined) return explainClaim(build, refusal);
  if (held.length > 0) return ['lock: held, so the run would not begin:', ...locks(held)];
  if (inTheWay !== undefined) {
    return ['lock: free, but processes of an earlier run are in the way:', ...explainInTheWay(inTheWay, context)];
  }
  return [
    ...(others.length === 0 ? ['lock: free'] : [`lock: free, but ${whatOthersMean(build)}:`, ...locks(others)]),
    ...(left.length === 0 ? [] : ['  locks of stages were left, and the run would stop there:', ...locks(left)]),
  ];
}

function whatOthersMean(build: Build): string {
  if (build.role === 'secondary') {
    return `${build.primary.name} updates the source, and the run would wait at most ${formatDuration(build.updateTimeoutMs)}`;
  }
  const { whenSecondariesBuild: policy } = build;
  return policy.kind === 'abort'
    ? 'secondaries build, so the run would end without an update'
    : `secondaries build, and the run would wait for them at most ${formatDuration(policy.timeoutMs)}`;
}

/** The source and what an update would bring. */
export function sourceLines({ build, source, pending, stamp }: Forecast): string[] {
  const primary = primaryOf(build);
  if (source === undefined) {
    return [`source: ${shown(primary.source)}, not updated: ${shown(primary.withoutUpdate?.message ?? '')}`];
  }
  const { head, recorded, halfMoved, update } = source;
  const at = head.kind === 'revision' ? `at ${revision(head.revision)}` : shown(head.message);
  return [
    `source: ${shown(primary.source)}, ${update.type}, ${at}`,
    ...(recorded === undefined
      ? ['  no update is recorded yet']
      : [`  recorded: update ${recorded.sequence}, ${revision(recorded.revision)}`]),
    ...(halfMoved === undefined ? unlikeLines(build, source) : halfMovedLines(build, halfMoved)),
    `update: ${updateText(build, source)}${stamp.asOf === undefined ? '' : `, as of ${stamp.asOf.toISOString()}`}`,
    ...(build.role === 'secondary'
      ? []
      : [
          `  limit ${formatDuration(update.timeoutMs)}`,
          `  log: ${shown(logFileOf(layoutOf(build.directory), UPDATE, stamp.tag))}`,
        ]),
    ...pendingLines(pending),
  ];
}

function halfMovedLines(build: Build, halfMoved: string): string[] {
  const who =
    build.role === 'primary'
      ? 'the run would repair it first'
      : `the run would wait until ${build.primary.name} has repaired it`;
  return [`  it may be half updated: the update ${shown(halfMoved)} was interrupted; ${who}`];
}

function unlikeLines(build: Build, source: SourceNow): string[] {
  if (!isUnlikeRecorded(source)) return [];
  const strayed =
    source.head.kind === 'revision' && source.head.strayed !== undefined ? ` (${shown(source.head.strayed)})` : '';
  const who =
    build.role === 'primary'
      ? 'the run would record it'
      : `the run would wait until ${build.primary.name} has recorded it`;
  return [`  it is not what was recorded${strayed}; ${who}`];
}

function updateText(build: Build, { update, remote, moves }: SourceNow): string {
  if (build.role === 'secondary') return `not by this build; ${build.primary.name} updates the source`;
  const command =
    update.command === undefined ? '' : `; the command: ${shown(update.command.map(shellWord).join(' '))}`;
  switch (remote?.kind) {
    case 'head': {
      const what = `${whatIsFollowed(update)} is at ${revision(remote.revision)}`;
      return moves ? `${what}, and the source would be moved to it` : `${what}, which the source has`;
    }
    case 'silent':
      return shown(remote.message);
    default:
      return `not known before: ${remote?.why ?? ''}${command}`;
  }
}

function whatIsFollowed(update: SourceNow['update']): string {
  switch (update.type) {
    case 'git':
      return `the branch ${shown(update.branch)} of ${shown(update.remote)}`;
    case 'hg':
      return `the branch ${shown(update.branch)} in the default path`;
    default:
      return 'the repository';
  }
}

const MOST_COMMITS = 20;

function pendingLines(pending: Forecast['pending']): string[] {
  switch (pending.kind) {
    case 'never-ran':
      return [
        pending.hasBuilt
          ? 'pending: no cursor has this name; the run would look whether the build was renamed'
          : 'pending: it has not run yet, and starts from the current revision',
      ];
    case 'lost':
      return [`pending: ${shown(pending.message)}`];
    case 'pending': {
      const { records, changes } = pending.update;
      const unfinished = pending.completed ? '' : '; no run has completed since it joined';
      if (records.length === 0) return [`pending: no recorded update${unfinished}`];
      const [first, last] = [records[0], records.at(-1)];
      const which = first === last ? `${first}` : `${first} to ${last}`;
      const commits = changes.slice(-MOST_COMMITS).map(({ revision: id, author, log }) => {
        const [subject = ''] = log.trimStart().split('\n');
        return `  ${revision(id)} ${shown(author, 64)}: ${shown(subject, 100)}`;
      });
      const more = changes.length - commits.length;
      return [
        `pending: ${counted(records.length, 'recorded update')} (${which}) with ${counted(changes.length, 'commit')}${unfinished}`,
        ...(more > 0 ? [`  ${counted(more, 'earlier commit')}`] : []),
        ...commits,
      ];
    }
  }
}

/** Whether it would build. */
export function outlookLine(outlook: Outlook, { build }: Forecast): string {
  switch (outlook) {
    case 'does-not-run':
      return 'build: no, the run would end before it';
    case 'waits':
      return 'build: after the wait, if there is news then';
    case 'no-news':
      return 'build: no, there is no news (run --force builds without); with news these stages would run:';
    case 'depends':
      return 'build: only if the update brings news; then these stages would run:';
    case 'builds':
      return build.stages.length === 0 ? 'build: there are no stages' : 'build: yes, these stages:';
  }
}

/** The stages, each as it would run. */
export function stageLines({ stages }: Forecast, { secretVariables }: Project): string[] {
  return [
    ...stages.flatMap((forecast) => [
      `  ${forecast.stage.name}: ${commandText(forecast.stage)}`,
      `    in ${shown(forecast.stage.directory)}`,
      `    ${limitsText(forecast)}`,
      `    log: ${shown(forecast.logFile)}`,
      ...environmentLines(forecast, secretVariables),
    ]),
    ...sharedEnvironmentLines(stages, secretVariables),
  ];
}

function commandText({ command }: Stage): string {
  return shown(
    command.kind === 'argv' ? command.argv.map(shellWord).join(' ') : `/bin/sh -c ${shellWord(command.script)}`,
  );
}

function limitsText({ stage, expectedMs }: StageForecast): string {
  return [
    `limit ${formatDuration(stage.timeoutMs)}, then SIGTERM and after ${formatDuration(stage.graceMs)} SIGKILL`,
    expectedMs === undefined ? 'duration unknown, it has not passed yet' : `usually ${formatDuration(expectedMs)}`,
    ...(stage.onFailure === 'continue' ? ['later stages run although it fails'] : []),
    ...(stage.mayLeave ? ['may leave processes behind'] : []),
    ...(stage.errors === 'fail' ? ['errors in its log make it fail'] : []),
  ].join('; ');
}

/** Where reports and mails would go. */
export function reportLines(
  { build, source, stages, stamp, pending, undelivered }: Forecast,
  project: Project,
  user: string,
): string[] {
  const kinds = stages.flatMap(({ stage: { report } }) => (report === 'none' ? [] : [FILES[report]]));
  const files = [...(source === undefined ? [] : ['Update.xml']), ...new Set(kinds)];
  const directory = `${layoutOf(build.directory).testing}/${stamp.tag}`;
  return [
    files.length === 0 ? 'reports: none' : `reports: ${files.join(', ')} in ${shown(directory)}`,
    `  ${submissionText(build)}`,
    ...(undelivered.count === 0 ? [] : [`  and ${shown(waitingText(undelivered))}`]),
    `output: cron and schedulers append progress to ${shown(runLogOf(project, build))}`,
    ...mailLines(project, pending, user),
  ];
}

function submissionText({ submission, withoutSubmission }: Build): string {
  if (submission === undefined)
    return `submitted nowhere${withoutSubmission === undefined ? '' : `: ${shown(withoutSubmission.message)}`}`;
  return `submitted to ${shown(submission.type === 'cdash' ? withoutLogin(submission.url) : submission.directory)}`;
}

function mailLines({ mail, mailto }: Project, pending: Forecast['pending'], user: string): string[] {
  if (mail === undefined || mail.to.length === 0) {
    const lines = [`mails: errors by cron, to ${shown(mailto ?? user)}`];
    return mail === undefined ? lines : [...lines, ...authorLines(mail, pending)];
  }
  return [
    `mails: errors to ${mail.to.map((to) => shown(to)).join(', ')} by ${shown(transportName(mail.transport))}, from runs with --mail or of a scheduler`,
    ...authorLines(mail, pending),
  ];
}

function authorLines(mail: NonNullable<Project['mail']>, pending: Forecast['pending']): string[] {
  if (!mail.authors && mail.monitors.length === 0) return [];
  const { to, cc } = addresseesOf(pending.kind === 'pending' ? pending.update : undefined, mail);
  const people = [...to, ...cc].map(({ address }) => shown(address));
  const what = mail.authors
    ? '  if this run breaks the build, or mends it: to its authors'
    : '  if this run breaks the build, or mends it';
  return [`${what}; of what is pending now: ${people.length === 0 ? 'none' : people.join(', ')}`];
}

function revision(text: string): string {
  return shown(shortRevision(text), 80);
}
