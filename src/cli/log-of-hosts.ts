import type { Build, Coordination } from '../config/project.js';
import type { EndOfRun } from '../stages/end-of-run.js';
import type { PastRun } from '../stages/history.js';
import { excerptInEtcd, pastInEtcd } from '../stages/past-in-etcd.js';
import { leads } from '../stages/primary-of.js';
import { isColoured, painter } from '../text/colour.js';
import { jsonText } from '../text/json.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { runLine } from './log-line.js';
import type { ShowOptions } from './log-show.js';
import { paged } from './pager.js';

/** A run of another host, as `log` has it. */
export interface RunElsewhere {
  readonly run: PastRun;
  /** In one line. */
  readonly line: string;
  readonly json: string;
  /** Prints what failed in it, and where its log is. */
  readonly show: (how: Pick<ShowOptions, 'colour' | 'pager'>) => Promise<void>;
}

/**
 * Whether a build of this host may have run on another one, too: a primary that hosts share, and whatever has not run here. Others are not
 * asked for each time.
 */
export function mayHaveRunElsewhere(build: Build, runs: readonly PastRun[]): boolean {
  return leads(build) || runs.length === 0;
}

/** The runs of a build that this host has no files of, oldest first. */
export async function runsElsewhere(
  coordination: Coordination,
  build: string,
  here: readonly PastRun[],
): Promise<{ readonly runs: readonly RunElsewhere[]; readonly problem?: string }> {
  const seen = await pastInEtcd(coordination, build);
  if (seen.kind === 'away') return { runs: [], problem: seen.message };
  const known = new Set(here.map(({ run }) => run));
  const ends = seen.ends.filter(({ past }) => !known.has(past.run));
  return { runs: ends.map((end) => elsewhere(coordination, end)) };
}

function elsewhere(coordination: Coordination, end: EndOfRun): RunElsewhere {
  const { past, host, logFile } = end;
  return {
    run: past,
    line: `${runLine(past)}  on ${shown(host, 255)}`,
    json: jsonText({ ...past, host, ...(logFile !== undefined && { logFile }) }),
    show: (how) => show(coordination, end, how),
  };
}

/** The excerpt is in lines that are safe for a terminal. */
async function show(
  coordination: Coordination,
  end: EndOfRun,
  { colour, pager }: Pick<ShowOptions, 'colour' | 'pager'>,
): Promise<void> {
  const { build, host, logFile, failed, past } = end;
  const seen = await excerptInEtcd(coordination, end);
  const excerpt = seen.kind === 'seen' ? seen.excerpt : undefined;
  const paint = painter(isColoured(colour, process.stdout, process.env));
  const title = `==> the end of the log${failed === undefined ? '' : ` of ${shown(failed, 64)}`} <==`;
  const where = shown(host, 255);
  const lines = [
    `${runLine(past)}  on ${where}`,
    ...(excerpt?.failures ?? []),
    ...(seen.kind === 'away' ? [`[what failed could not be read from etcd: ${shown(seen.message)}]`] : []),
    ...(excerpt === undefined || excerpt.lines.length === 0 ? [] : ['', paint('bold', title), ...excerpt.lines]),
    '',
    logFile === undefined ? `It ran on ${where}. There:` : `The whole log is on ${where}: ${shown(logFile)}. There:`,
    `  stagelock log ${shellWord(build)} --show ${shellWord(past.stamp)}`,
  ];
  const output = await paged(pager, process.env);
  try {
    await output.write(`${lines.join('\n')}\n`);
  } finally {
    await output.end();
  }
}
