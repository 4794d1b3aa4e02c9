import { constants } from 'node:os';
import type { Mail } from '../config/project.js';
import { formatDuration } from '../text/duration.js';
import { bothEnds, endOfFile } from './excerpt.js';
import { type Letter, letterId, mailboxes, senderOf } from './letter.js';
import { oneLine } from './one-line.js';
import { htmlOf, type Passage, tableOf, textOf, timeText } from './prose.js';

/** One run of a job that cron would have started. */
export interface JobReport {
  /** Of this run. */
  readonly id: string;
  readonly project: string;
  readonly build: string;
  /** As a person would type it: `stagelock --config /x/stagelock.toml run gcc` */
  readonly command: string;
  readonly user: string;
  readonly host: string;
  readonly began: Date;
  readonly ended: Date;
  readonly exit:
    | { readonly kind: 'exited'; readonly code: number }
    | { readonly kind: 'signalled'; readonly signal: string }
    /** Its process no longer exists, and how it ended is unknown. */
    | { readonly kind: 'vanished' };
  /** What failed in a few words, where its history says so. */
  readonly headline: string | undefined;
  /** What it has written to stderr, possibly cut already. */
  readonly stderr: string;
  /** Absolute path of what it has written to stdout, when that is kept. */
  readonly log: string | undefined;
  /** Where what this run wrote begins in it, in bytes. */
  readonly logStart: number;
}

/**
 * Whether an end needs no word: the run has gone well, or it has left out a warning that was told before. What it fails of
 * otherwise it says.
 */
function isExplained(exit: JobReport['exit']): boolean {
  return exit.kind === 'exited' && [0, 1, 75].includes(exit.code);
}

/** Of what it has written to stderr: of the beginning and of the end, each. */
const MESSAGES = { bytes: 48 * 1024, lines: 500 };
const LOG = { bytes: 16 * 1024, lines: 40 };

/**
 * What cron would have mailed of a run, to the maintainers. Cron mails all output; a run's stdout is only its progress, so
 * this is about what a person must know: what stands on stderr, or an end that is none to be content with.
 *
 * @returns undefined when there is nothing to report
 */
export function jobLetter(report: JobReport, mail: Mail): Letter | undefined {
  const to = mailboxes(mail.to);
  const { project, build, user, host, began, ended, stderr } = report;
  const silent = stderr.trim() === '';
  if (to.length === 0 || (silent && isExplained(report.exit))) return undefined;
  const end = endText(report.exit);
  const { headline } = report;
  const subject = oneLine(
    headline === undefined
      ? `Cron <${user}@${host}> stagelock run ${build} (${end})`
      : `${project}/${build}: ${headline}`,
  );
  const facts = tableOf([
    ['Command', oneLine(report.command, 1000)],
    ['Project', oneLine(project)],
    ['Host', oneLine(`${user}@${host}`)],
    ['Began', `${timeText(began)}, took ${formatDuration(ended.getTime() - began.getTime())}`],
    ['End', end],
  ]);
  const passages: Passage[] = [
    { text: silent ? 'It wrote nothing to stderr.' : bothEnds(stderr, MESSAGES) },
    { text: facts },
    ...(report.log === undefined
      ? []
      : [{ heading: `The end of ${oneLine(report.log, 1000)}:`, text: endOfFile(report.log, LOG, report.logStart) }]),
  ];
  return {
    id: letterId('job', project, build, report.id),
    from: senderOf(mail.from, user, host),
    to,
    cc: [],
    subject,
    text: textOf(passages),
    html: htmlOf(subject, passages),
    date: ended.toISOString(),
    marks: { Project: project, Build: build, Kind: 'job' },
  };
}

const MEANINGS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'a stage failed',
  2: 'wrong usage or configuration',
  70: 'the run itself failed',
  75: 'a lock is held or a wait timed out',
};

/** `exit code 75: a lock is held or a wait timed out` */
export function endText(exit: JobReport['exit']): string {
  switch (exit.kind) {
    case 'signalled':
      return `ended by ${exit.signal}`;
    case 'vanished':
      return 'its process is gone, and how it ended is unknown';
    case 'exited': {
      const meaning = MEANINGS[exit.code] ?? signalText(exit.code - 128);
      return `exit code ${exit.code}${meaning === undefined ? '' : `: ${meaning}`}`;
    }
  }
}

function signalText(number: number): string | undefined {
  const [name] = Object.entries(constants.signals).find(([, each]) => each === number) ?? [];
  return name === undefined ? undefined : `stopped by ${name}`;
}
