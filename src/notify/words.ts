import { failureLines } from '../failures/failure-lines.js';
import { headlineWithEnd } from '../failures/headline.js';
import { counted } from '../text/counted.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';
import { shortRevision } from '../updates/short-revision.js';
import type { BuildEvent } from './event.js';

/** Of one failure, in lines. */
const MOST_LINES = 20;
const MOST_COMMITS = 10;

/** An event in one line: `demo/gcc: build failed: 2 errors`. */
export function titleOf({ project, build, headline }: BuildEvent): string {
  return shown(`${project}/${build}: ${headline}`, 250);
}

/** What there is to say besides: what failed, what was built, since when it is broken, what shows more. Safe for a terminal. */
export function linesOf(event: BuildEvent): string[] {
  const { failures, message, brokenSince, log, toSeeMore } = event;
  const failed = failures.flatMap((failure) => [shown(headlineWithEnd(failure)), ...failureLines(failure, MOST_LINES)]);
  return [
    ...(failed.length > 0 ? failed : message.map((line) => shown(line))),
    ...commitLines(event),
    ...(brokenSince === undefined
      ? []
      : [
          `broken since ${shown(brokenSince.stamp)} (${momentText(brokenSince.time)}), ${counted(brokenSince.runs, 'run')}`,
        ]),
    ...(log === undefined ? [] : [`log: ${shown(log)}`]),
    `To see more: ${shown(toSeeMore)}`,
  ];
}

/** Title and lines, cut to a number of UTF-8 bytes. */
export function plainText(event: BuildEvent, most: number): string {
  return cut([titleOf(event), ...linesOf(event)].join('\n'), most);
}

/** A text of at most so many UTF-8 bytes, cut between its characters. */
export function cut(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const kept = bytes.subarray(0, most - MORE.length).toString('utf8');
  return `${kept.replace(/\uFFFD+$/, '')}${MORE}`;
}

const MORE = '[...]';

function commitLines({ update }: BuildEvent): string[] {
  if (update === undefined || update.commits.length === 0) return [];
  const commits = update.commits.slice(-MOST_COMMITS);
  const more = update.count - commits.length;
  return [
    `${counted(update.count, 'new commit')}:`,
    ...commits.map(({ revision, author, subject }) => shown(`  ${shortRevision(revision)} ${author}: ${subject}`, 300)),
    ...(more > 0 ? [`  and ${more} older`] : []),
  ];
}
