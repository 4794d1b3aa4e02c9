import { formatDuration } from '../config/duration.js';
import { describeOutcome } from '../stages/messages.js';
import type { RunEvent, RunResult } from '../stages/run-context.js';

/** How the progress of a run is shown on standard output. */
export type ProgressStyle =
  /** One line for what is going on, rewritten every second: for a terminal. */
  | 'live'
  /** A line with its time for everything that happens: for a log. */
  | 'lines'
  | 'none';

/** Shows the progress of a run. Warnings go to stderr in every style. */
export class Progress {
  readonly #build: string;
  readonly #style: ProgressStyle;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;

  constructor(build: string, style: ProgressStyle) {
    this.#build = build;
    this.#style = style;
  }

  report(event: RunEvent): void {
    if (event.kind === 'warning') {
      this.clear();
      process.stderr.write(`stagelock: ${this.#build}: ${event.text}\n`);
      return;
    }
    const text = describeEvent(event);
    // A continuous run without news shall be quiet, so its beginning is told together with the first thing it does.
    if (text === undefined) return;
    if (!this.#begun) this.#line(`begins`);
    this.#begun = true;
    const live = this.#style === 'live' ? liveText(event) : undefined;
    if (live === undefined) this.#line(text);
    else this.#show(live.text, live.expectedMs);
  }

  end(result: RunResult): void {
    this.clear();
    if (result.kind === 'done' || result.kind === 'stage-failed') {
      this.#line(result.kind === 'done' ? 'done' : 'ended with failures');
    } else if (result.kind === 'no-news' && this.#style === 'live') {
      this.#line('nothing new to build');
    }
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.stdout.write('\r\u001b[K');
  }

  #line(text: string): void {
    this.clear();
    if (this.#style === 'none') return;
    process.stdout.write(`${timeOf(new Date())} ${this.#build}: ${text}\n`);
  }

  #show(text: string, expectedMs: number | undefined): void {
    this.clear();
    const began = Date.now();
    const draw = (): void => {
      const elapsedMs = Math.floor((Date.now() - began) / 1000) * 1000;
      const width = (process.stdout.columns ?? 80) - 1;
      const line = `${this.#build}: ${text} ${formatDuration(elapsedMs)}${expectation(expectedMs)}`;
      process.stdout.write(`\r\u001b[K${line.slice(0, width)}`);
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
      return undefined;
    case 'waiting': {
      const names = event.locks.map((lock) => lock.path).join(', ');
      return `waiting for ${names}, at most ${formatDuration(event.timeoutMs)}`;
    }
    case 'waiting-for-record':
      return `waiting for the primary to record ${event.head.slice(0, 12)}, at most ${formatDuration(event.timeoutMs)}`;
    case 'waited':
      return `waited ${formatDuration(event.ms)}`;
    case 'updated': {
      const { changes, records } = event.update;
      return `update: ${changes.length} ${changes.length === 1 ? 'commit' : 'commits'}${records.length > 1 ? ` of ${records.length} updates` : ''}`;
    }
    case 'stage-started':
      return `${event.stage} ...${expectation(event.expectedMs)}`;
    case 'stage-ended':
      return `${event.stage.name} ${describeOutcome(event.stage)}`;
    case 'lingering':
      return `lingers for ${formatDuration(event.ms)}`;
  }
}

/** What goes on for a while has a live line. */
function liveText(event: RunEvent): { readonly text: string; readonly expectedMs: number | undefined } | undefined {
  if (event.kind === 'stage-started') return { text: event.stage, expectedMs: event.expectedMs };
  if (event.kind === 'waiting') {
    return { text: `waiting for ${event.locks.map((lock) => lock.path).join(', ')}`, expectedMs: undefined };
  }
  return event.kind === 'lingering' ? { text: 'lingers', expectedMs: event.ms } : undefined;
}

function expectation(expectedMs: number | undefined): string {
  return expectedMs === undefined ? '' : ` (of about ${formatDuration(expectedMs)})`;
}

/** Local time, in the form that sorts. */
function timeOf(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
