import type { Mail } from '../config/project.js';
import { array, object, optional, string, type TypeOf, time } from '../records/schema.js';
import type { Change, ChangedFile, MergedUpdate } from '../updates/record.js';
import { type Addressees, addresseesOf, without } from './authors.js';
import { endOfFile } from './excerpt.js';
import { type Letter, letterId, MAILBOX, mailboxes, oneLine, senderOf } from './letter.js';
import { htmlOf, type Passage, tableOf, textOf, timeText } from './prose.js';

/** What came of a run, as far as people who have changed the source have to know it. */
export interface RunSummary {
  readonly build: string;
  /** Of this run. */
  readonly run: string;
  /** `20020131-1121-Nightly` */
  readonly stamp: string;
  readonly result: 'passed' | 'failed';
  /** What it built that was not built before; undefined when that is not known. */
  readonly update: MergedUpdate | undefined;
  readonly failures: readonly Failure[];
  readonly ended: Date;
}

export interface Failure {
  readonly stage: string;
  /** `exit code 2` */
  readonly what: string;
  /** Absolute. */
  readonly logFile: string;
}

/** Where a run was, and who gets a mail about it. */
export interface Surroundings {
  readonly project: string;
  readonly user: string;
  readonly host: string;
  readonly mail: Mail;
}

/** What was told when a build broke. */
export const TOLD = object({
  stamp: string(),
  since: time,
  to: array(MAILBOX),
  cc: array(MAILBOX),
  /** The id of the letter; missing when there was no recipient. */
  letter: optional(string()),
});
export type Told = TypeOf<typeof TOLD>;

const LOG = { bytes: 8 * 1024, lines: 30 };
const MOST_FAILURES = 5;
const MOST_CHANGES = 30;
const MOST_FILES = 10;

/** The mail to those who may have broken a build. @returns undefined when there is no recipient */
export function brokenLetter(summary: RunSummary, { project, user, host, mail }: Surroundings): Letter | undefined {
  const addressees = addresseesOf(summary.update, mail);
  if (addressees.to.length === 0) return undefined;
  const { build, run, stamp, failures, ended, update } = summary;
  const stages = failures.map(({ stage }) => stage).join(', ');
  const subject = oneLine(`${project}: ${build} is broken${stages === '' ? '' : ` (${stages})`}`);
  const passages = [
    { text: `${oneLine(`The build ${build} of ${project} on ${host} is broken.`)}\n${reasonText(addressees, update)}` },
    { text: factsOf(summary, { project, host }) },
    ...failures.slice(0, MOST_FAILURES).map(failurePassage),
    ...(failures.length > MOST_FAILURES ? [{ text: `${failures.length - MOST_FAILURES} more stages failed.` }] : []),
    ...changesPassage(update),
  ];
  return {
    id: letterId('broken', project, build, run),
    from: senderOf(mail.from, user, host),
    to: addressees.to,
    cc: addressees.cc,
    subject,
    text: textOf(passages),
    html: htmlOf(subject, passages),
    date: ended.toISOString(),
    marks: { Project: project, Build: build, Stamp: stamp, Kind: 'broken' },
  };
}

/** The mail to those who got the mail that a build is broken. @returns undefined when there were none */
export function fixedLetter(
  summary: RunSummary,
  told: Told,
  { project, user, host, mail }: Surroundings,
): Letter | undefined {
  if (told.letter === undefined) return undefined;
  const { build, run, stamp, ended, update } = summary;
  const subject = oneLine(`${project}: ${build} works again`);
  const since = oneLine(`It was broken since ${told.stamp} (${timeText(new Date(told.since))}).`);
  const passages = [
    { text: `${oneLine(`The build ${build} of ${project} on ${host} works again.`)}\n${since}` },
    { text: factsOf(summary, { project, host }) },
    ...changesPassage(update),
  ];
  return {
    id: letterId('fixed', project, build, run),
    from: senderOf(mail.from, user, host),
    to: told.to,
    cc: without([...told.cc, ...mailboxes(mail.monitors)], told.to),
    subject,
    text: textOf(passages),
    html: htmlOf(subject, passages),
    date: ended.toISOString(),
    follows: told.letter,
    marks: { Project: project, Build: build, Stamp: stamp, Kind: 'fixed' },
  };
}

function reasonText({ cc, tooMany }: Addressees, update: MergedUpdate | undefined): string {
  const quiet = 'There will be no other mail about it until it works again.';
  if (tooMany > 0) return `${tooMany} people have changed something in it, too many to tell each of them.\n${quiet}`;
  if (update === undefined || update.changes.length === 0) return `Nothing in its source has changed.\n${quiet}`;
  const copies = cc.length === 0 ? '' : ', and to the monitors of this build';
  return `This mail goes to the authors of the changes below whose addresses are known${copies}.\n${quiet}`;
}

function factsOf(
  { build, stamp, ended, update }: RunSummary,
  { project, host }: Pick<Surroundings, 'project' | 'host'>,
): string {
  const revisions =
    update === undefined || update.records.length === 0 ? [] : [[update.prior, update.revision] as const];
  return tableOf([
    ['Build', oneLine(build)],
    ['Project', oneLine(project)],
    ['Host', oneLine(host)],
    ['Buildstamp', oneLine(stamp)],
    ['Ended', timeText(ended)],
    ...revisions.map(([prior, revision]): [string, string] => [
      'Revision',
      prior === revision ? short(revision) : `${short(prior)} to ${short(revision)}`,
    ]),
  ]);
}

function failurePassage({ stage, what, logFile }: Failure): Passage {
  return { heading: oneLine(`${stage}: ${what}. The end of ${logFile}:`, 1000), text: endOfFile(logFile, LOG) };
}

function changesPassage(update: MergedUpdate | undefined): Passage[] {
  const changes = update?.changes ?? [];
  if (changes.length === 0) return [];
  const left = Math.max(0, changes.length - MOST_CHANGES);
  const older = left === 0 ? '' : `[... ${left} older ${left === 1 ? 'change' : 'changes'} left out]\n\n`;
  const heading = changes.length === 1 ? 'One change was built:' : `${changes.length} changes were built:`;
  return [{ heading, text: `${older}${changes.slice(-MOST_CHANGES).map(changeText).join('\n')}` }];
}

const LETTERS: Readonly<Record<ChangedFile['status'], string>> = {
  added: 'A',
  modified: 'M',
  deleted: 'D',
  renamed: 'R',
  copied: 'C',
  'type-changed': 'T',
};

function changeText({ revision, author, email, date, log, files }: Change): string {
  const who = email === '' ? author : `${author} <${email}>`;
  const shown = files.slice(0, MOST_FILES).map(({ status, path }) => `    ${LETTERS[status]} ${oneLine(path, 300)}\n`);
  const more = files.length - shown.length;
  const rest = more === 0 ? '' : `    ... and ${more} more\n`;
  const [first = ''] = log.trimStart().split('\n', 1);
  return `${[short(revision), oneLine(who), oneLine(date)].join('  ')}\n    ${oneLine(first)}\n${shown.join('')}${rest}`;
}

/** Hashes are known by their beginning. */
function short(revision: string): string {
  return /^[0-9a-f]{40,64}$/.test(revision) ? revision.slice(0, 12) : oneLine(revision, 60);
}
