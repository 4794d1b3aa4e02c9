import type { Build } from '../config/project.js';
import { failureLines } from '../failures/failure-lines.js';
import { headlineWithEnd } from '../failures/headline.js';
import { counted } from '../text/counted.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import type { Change, MergedUpdate } from '../updates/record.js';
import { shortRevision } from '../updates/short-revision.js';
import type { BrokenSince } from './broken-since.js';
import type { PastRun } from './history.js';
import { describeOutcome } from './outcome-text.js';
import type { StageReport } from './run-event.js';

/** What stderr gets of a failed run at most, in lines. */
const MOST_LINES = 60;
const MOST_STAGES = 4;
const MOST_COMMITS = 8;

/** A run of which stages failed. */
export interface FailedRun {
  readonly stages: readonly StageReport[];
  /** What it built that was not built before; undefined where that is not known. */
  readonly update?: MergedUpdate | undefined;
}

/**
 * Why a run failed: what failed in which stage with its first errors and tests, which commits are new, since when the build is broken,
 * and where to read on.
 */
export function explainFailedStages(
  build: Build,
  { stages, update }: FailedRun,
  { configFile, since }: { readonly configFile: string; readonly since?: BrokenSince },
): string[] {
  const failed = stages.filter(({ outcome }) => outcome.kind !== 'passed');
  const shownStages = failed.slice(0, MOST_STAGES);
  const facts = [
    ...(failed.length > MOST_STAGES ? [`  ${failed.length - MOST_STAGES} more stages failed`] : []),
    ...commitLines(update),
    ...(since === undefined ? [] : [`  ${sinceText(since)}`]),
    `  To see more: stagelock --config ${shellWord(configFile)} log ${shellWord(build.name)} --show`,
  ];
  const room = MOST_LINES - facts.length - 2 * shownStages.length;
  return [
    ...shownStages.flatMap((stage) => explainStage(build, stage, Math.floor(room / shownStages.length))),
    ...(failed.length === 0 ? [] : facts),
  ];
}

function explainStage(build: Build, stage: StageReport, most: number): string[] {
  const { name, logFile, failure } = stage;
  const log = `  log: ${shown(logFile)}`;
  if (failure === undefined) return [`${build.name}: ${name} ${describeOutcome(stage)}`, log];
  return [`${build.name}: ${shown(headlineWithEnd(failure))}`, ...failureLines(failure, most), log];
}

function commitLines(update: MergedUpdate | undefined): string[] {
  const changes = update?.changes ?? [];
  if (changes.length === 0) return update === undefined ? [] : ['  No new commits.'];
  const newest = changes.slice(-MOST_COMMITS).reverse();
  const more = changes.length - newest.length;
  return [
    `  ${counted(changes.length, 'new commit')}:`,
    ...newest.map((change) => `    ${commitText(change)}`),
    ...(more === 0 ? [] : [`    ... and ${more} more`]),
  ];
}

function commitText({ revision, author, log }: Change): string {
  const [first = ''] = log.trimStart().split('\n', 1);
  return `${shown(shortRevision(revision), 60)} ${shown(author, 60)}: ${shown(first, 120)}`;
}

function sinceText({ first, runs, passed }: BrokenSince): string {
  const good = passed === undefined ? 'no run has passed yet' : `last passed: ${runText(passed)}`;
  if (first === undefined) return passed === undefined ? 'No run has passed yet.' : `Broken by this run; ${good}.`;
  return `Broken since ${runText(first)}, ${runs === 1 ? 'the run before' : `${runs} runs before this one`}; ${good}.`;
}

function runText({ stamp, begun, update }: PastRun): string {
  const at = update === undefined ? '' : `, at ${shown(shortRevision(update.revision), 60)}`;
  return `${shown(stamp, 64)} (${momentText(begun)}${at})`;
}
