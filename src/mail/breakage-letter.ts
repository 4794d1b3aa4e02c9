import type { Mail } from '../config/project.js';
import type { Failure } from '../failures/failure.js';
import { failureLines } from '../failures/failure-lines.js';
import { headlineOf, headlineWithEnd } from '../failures/headline.js';
import { array, object, optional, string, type TypeOf, time } from '../records/schema.js';
import { counted } from '../text/counted.js';
import type { Change, ChangedFile, MergedUpdate } from '../updates/record.js';
import { shortRevision } from '../updates/short-revision.js';
import { type Addressees, addresseesOf, without } from './authors.js';
import { type Collected, wordsOf } from './collected.js';
import { endOfFile } from './excerpt.js';
import { type Letter, letterId, MAILBOX, mailboxes, senderOf } from './letter.js';
import { oneLine } from './one-line.js';
import { type Passage, tableOf, timeText } from './prose.js';

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
  /** What shows more of the run: a command, as a person would type it. */
  readonly toSeeMore: string;
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
/** Of one failure, in lines. */
const MOST_LINES = 50;
const MOST_CHANGES = 30;
/** By which letters are known to be about the same. */
const MOST_REVISIONS = 1000;
const MOST_FILES = 10;

/** The mail to those who may have broken a build. @returns undefined when there is no recipient */
export function brokenLetter(summary: RunSummary, surroundings: Surroundings): Letter | undefined {
  const addressees = addresseesOf(summary.update, surroundings.mail);
  if (addressees.to.length === 0) return undefined;
  const { failures, update } = summary;
  const more = failures.length - MOST_FAILURES;
  const passages = [
    ...failures.slice(0, MOST_FAILURES).map(failurePassage),
    ...(more > 0 ? [{ text: `${counted(more, 'more stage')} failed.` }] : []),
  ];
  return letterOf('broken', summary, surroundings, {
    addressees,
    reason: reasonText(addressees, update),
    headline: headlineOf(failures),
    passages,
  });
}

/** The mail to those who got the mail that a build is broken. @returns undefined when there were none */
export function fixedLetter(summary: RunSummary, told: Told, surroundings: Surroundings): Letter | undefined {
  if (told.letter === undefined) return undefined;
  const since = oneLine(`It was broken since ${told.stamp} (${timeText(new Date(told.since))}).`);
  const cc = without([...told.cc, ...mailboxes(surroundings.mail.monitors)], told.to);
  return letterOf('fixed', summary, surroundings, {
    addressees: { to: told.to, cc },
    reason: '',
    headline: '',
    passages: [{ text: since }],
    follows: told.letter,
  });
}

/** What differs between a letter that something is broken and one that it works again. */
interface Message {
  readonly addressees: Pick<Addressees, 'to' | 'cc'>;
  readonly reason: string;
  readonly headline: string;
  readonly passages: readonly Passage[];
  readonly follows?: string;
}

function letterOf(
  kind: Collected['kind'],
  summary: RunSummary,
  { project, user, host, mail }: Surroundings,
  { addressees: { to, cc }, reason, headline, passages, follows }: Message,
): Letter {
  const { build, run, stamp, ended, update } = summary;
  const date = ended.toISOString();
  const part = { run, build, ended: date, headline, passages, changes: changesPassage(update) };
  const facts = factsOf(summary, { project, host });
  const revisions = (update?.changes ?? []).slice(-MOST_REVISIONS).map(({ revision }) => revision);
  const collected = { kind, project, host, revisions, reason, parts: [{ ...part, facts }] };
  return {
    id: letterId(kind, project, build, run),
    from: senderOf(mail.from, user, host),
    to,
    cc,
    ...wordsOf(collected),
    date,
    ...(follows !== undefined && { follows }),
    collected,
    marks: { Project: project, Build: build, Stamp: stamp, Kind: kind },
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
  { build, stamp, ended, update, toSeeMore }: RunSummary,
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
    ['To see more', oneLine(toSeeMore, 1000)],
  ]);
}

function failurePassage(failure: Failure): Passage {
  const { logFile, errors, tests } = failure;
  const heading = oneLine(headlineWithEnd(failure), 1000);
  const log = oneLine(logFile, 1000);
  if (errors.count === 0 && tests.failed === 0)
    return { heading: `${heading}. The end of ${log}:`, text: endOfFile(logFile, LOG) };
  return { heading, text: `${failureLines(failure, MOST_LINES).join('\n')}\n  log: ${log}` };
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

function short(revision: string): string {
  return oneLine(shortRevision(revision), 60);
}
