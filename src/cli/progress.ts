import type { Build } from '../config/project.js';
import { GrowingLog } from '../stages/growing-log.js';
import { describeOutcome } from '../stages/outcome-text.js';
import type { RunEvent } from '../stages/run-event.js';
import type { RunResult } from '../stages/run-result.js';
import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { logText } from '../text/log-text.js';
import { localTime } from '../text/moment.js';
import { quotedLines, shown } from '../text/shown.js';

/** How the progress of a run is shown on standard output. */
export type ProgressStyle =
  /** One line for the current step, rewritten every second: for a terminal. */
  | 'live'
  /** A line with its time for everything that happens: for a log. */
  | 'lines'
  | 'none';

/** Columns below which a piece of output says nothing. */
const LEAST_OUTPUT = 12;
/** How often what a stage has written is shown. */
const OUTPUT_EVERY_MS = 200;

/** Shows the progress of a run. Warnings go to stderr in every style. */
export class Progress {
  readonly #build: Build;
  readonly #style: ProgressStyle;
  readonly #verbose: boolean;
  #timer: NodeJS.Timeout | undefined;
  #output: GrowingLog | undefined;
  #begun = false;
  #before: (() => void) | undefined;

  /**
   * @param verbose whether to show what stages write
   * @param before called before the first line, if any
   */
  constructor(
    build: Build,
    { style, verbose }: { readonly style: ProgressStyle; readonly verbose: boolean },
    before?: () => void,
  ) {
    this.#build = build;
    this.#style = style;
    this.#verbose = verbose;
    this.#before = before;
  }

  report(event: RunEvent): void {
    if (event.kind === 'warning') {
      this.clear();
      process.stderr.write(`stagelock: ${this.#build.name}: ${quotedLines(event.text)}\n`);
      return;
    }
    // For a log it is enough to know that it was done, and a run that comes too early does not even try.
    if (event.kind === 'submitting' && this.#style !== 'live') return;
    const text = describeEvent(event);
    // A continuous run without news must be quiet, so its start is printed together with the first thing it does.
    if (text === undefined) return;
    if (!this.#begun) this.#line(`begins`);
    this.#begun = true;
    if (event.kind === 'stage-ended') this.#endOutput();
    const live = this.#style === 'live' ? liveText(event) : undefined;
    if (event.kind === 'stage-started' && (this.#verbose || live !== undefined)) {
      this.#line(`${text} log: ${event.logFile}`);
      this.#output = new GrowingLog(this.#build, event.logFile, event.logStart);
      if (this.#verbose) this.#stream(this.#output);
      else if (live !== undefined) this.#show(live.text, live.limits);
    } else if (live === undefined) this.#line(text);
    else this.#show(live.text, live.limits);
  }

  end(result: RunResult): void {
    this.clear();
    if (result.kind === 'done' || result.kind === 'stage-failed') {
      this.#line(result.kind === 'done' ? 'done' : 'failed');
    } else if (result.kind === 'no-news' && this.#style === 'live') {
      this.#line('nothing new to build');
    }
  }

  /** Prints something that is not an event of the run. */
  note(text: string): void {
    this.#line(text);
  }

  /** Removes the live line. */
  clear(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!this.#verbose) process.stdout.write('\r\u001b[K');
  }

  #line(text: string): void {
    this.clear();
    if (this.#style === 'none') return;
    this.#before?.();
    this.#before = undefined;
    process.stdout.write(`${localTime(new Date())} ${this.#build.name}: ${shown(text)}\n`);
  }

  /** Shows what a stage writes, until {@link Progress.#endOutput}. */
  #stream(output: GrowingLog): void {
    this.clear();
    this.#timer = setInterval(() => process.stdout.write(logText(output.next())), OUTPUT_EVERY_MS);
    this.#timer.unref();
  }

  #endOutput(): void {
    if (this.#verbose) for (const piece of this.#output?.rest() ?? []) process.stdout.write(logText(piece));
    this.#output?.close();
    this.#output = undefined;
  }

  #show(text: string, limits: string): void {
    this.clear();
    const began = Date.now();
    const draw = (): void => {
      const elapsedMs = Math.floor((Date.now() - began) / 1000) * 1000;
      const width = (process.stdout.columns || 80) - 1;
      const times = ` ${formatDuration(elapsedMs)}${limits}`;
      const said = logText(this.#output?.lastLine() ?? '').trim();
      const head = `${this.#build.name}: ${text}`;
      const line = liveLine(shown(head), times, shown(said), width);
      process.stdout.write(`\r\u001b[K${line}`);
    };
    draw();
    this.#timer = setInterval(draw, 1000);
    this.#timer.unref();
  }
}

function describeEvent(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'begun':
    case 'warning':
    case 'built':
    case 'waits':
    case 'ended':
    case 'submission-put-off':
    case 'spool-empty':
      return undefined;
    case 'waiting': {
      const names = event.locks.map((lock) => lock.path).join(', ');
      return `waiting for ${names}, at most ${formatDuration(event.timeoutMs)}`;
    }
    case 'renamed':
      return `was renamed${event.from.startsWith('displaced-') ? '' : ` from ${event.from}`}, and continues where it stopped`;
    case 'submitting':
      return 'submitting the reports';
    case 'submitted':
      return `submitted ${event.reports === 1 ? '1 report' : `${event.reports} reports`}`;
    case 'waiting-for-record':
      return `waiting for the primary to record ${event.head.slice(0, 12)}, at most ${formatDuration(event.timeoutMs)}`;
    case 'waiting-for-repair':
      return `waiting for the primary to repair the source, since ${event.update}; at most ${formatDuration(event.timeoutMs)}`;
    case 'source-repaired':
      return `repaired the source, which is at ${event.revision.slice(0, 12)} again: the update ${event.update} had been interrupted`;
    case 'waited':
      return `waited ${formatDuration(event.ms)}`;
    case 'updated': {
      const { changes, records } = event.update;
      const count = changes.length === 0 ? 'no new commits' : counted(changes.length, 'commit');
      return `update: ${count}${records.length > 1 ? ` of ${records.length} updates` : ''}`;
    }
    case 'not-updated':
      return `source not updated: ${event.why}`;
    case 'stage-started':
      return `${event.stage} ...${expectation(event.expectedMs)}`;
    case 'stage-ended':
      return `${event.stage.name} ${describeOutcome(event.stage)}`;
    case 'lingering':
      return `lingers for ${formatDuration(event.ms)}`;
  }
}

/** A longer step has a live line: what it is, and how long it may take. */
function liveText(event: RunEvent): { readonly text: string; readonly limits: string } | undefined {
  switch (event.kind) {
    case 'stage-started':
      return { text: event.stage, limits: expectation(event.expectedMs) };
    case 'waiting':
      return {
        text: `waiting for ${event.locks.map((lock) => lock.path).join(', ')}`,
        limits: ` (at most ${formatDuration(event.timeoutMs)})`,
      };
    case 'waiting-for-record':
    case 'waiting-for-repair':
      return { text: 'waiting for the primary', limits: ` (at most ${formatDuration(event.timeoutMs)})` };
    case 'submitting':
      return { text: 'submitting the reports', limits: '' };
    case 'lingering':
      return { text: 'lingers', limits: ` (of ${formatDuration(event.ms)})` };
    default:
      return undefined;
  }
}

/** What is at work and for how long, and what its last line of output is where there is room for some of it. */
function liveLine(head: string, times: string, said: string, width: number): string {
  const line = `${shortened(head, width - times.length)}${times}`;
  const room = width - line.length - 2;
  return said === '' || room < LEAST_OUTPUT ? line : `${line}  ${shortened(said, room)}`;
}

/** The text in at most so many columns: of a path the end tells more than the beginning, of a name the beginning. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.floor(width / 3);
  return width < 8
    ? text.slice(0, Math.max(0, width))
    : `${text.slice(0, head)}...${text.slice(text.length - width + head + 3)}`;
}

function expectation(expectedMs: number | undefined): string {
  return expectedMs === undefined ? '' : ` (of about ${formatDuration(expectedMs)})`;
}
