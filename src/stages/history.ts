import { closeSync, constants, fstatSync, openSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../failures/failure.js';
import { appendLine, openToAppend } from '../files/append-file.js';
import { InTheWay, kindOf, obstacleOf } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import {
  array,
  ifRight,
  integer,
  number,
  object,
  optional,
  parseRecord,
  string,
  type TypeOf,
  time,
} from '../records/schema.js';
import { errorText } from '../text/error-text.js';
import { writeFailedRun } from './failed-run.js';
import type { RunEvent } from './run-event.js';
import { layoutOf } from './temporary.js';
import { addWaits, type Wait } from './waits.js';

/** What a run built. */
const PAST_UPDATE = object({
  revision: string(),
  commits: number(),
  /** Sequence numbers of the update records. */
  records: array(number()),
});
export type PastUpdate = TypeOf<typeof PAST_UPDATE>;

const PAST_STAGE = object({
  name: string(),
  outcome: string(),
  ms: number(),
  /** When it began, in milliseconds after the run did. */
  at: ifRight(number(0)),
});
export type PastStage = TypeOf<typeof PAST_STAGE>;

/** How long a lock of another build was in its way. */
const PAST_WAIT = object({ lock: string(), build: optional(string()), ms: number(0) });
export type PastWait = TypeOf<typeof PAST_WAIT>;

/** A past run, or one in progress. */
export const PAST_RUN = object({
  /** The same in both lines of a run. */
  run: string(),
  /** ISO 8601, UTC. */
  begun: time,
  stamp: string(),
  /** Undefined in the line that a run begins with. A run without a second line is still in progress, or died. */
  ended: optional(time),
  result: ifRight(string()),
  /** What failed, in a few words: `build failed: 2 errors`. */
  headline: ifRight(string(/./u, 500)),
  exitCode: ifRight(integer(0, 255)),
  /** Milliseconds in which it waited for locks of others. */
  waitedMs: ifRight(number()),
  /** For which of them, the longest first. */
  waits: ifRight(array(PAST_WAIT)),
  update: ifRight(PAST_UPDATE),
  stages: optional(array(PAST_STAGE)),
});
export type PastRun = TypeOf<typeof PAST_RUN>;

/** More than this of a history is moved aside, and what was aside before is gone. */
const LONGEST = 4 * 1024 * 1024;

/** Of one run. */
const MOST_WAITS = 50;

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** `Testing/History.jsonl` of a build. */
export function historyFile(buildDirectory: string): string {
  return join(layoutOf(buildDirectory).testing, 'History.jsonl');
}

/**
 * Records what a run does, from its events. A run that builds something has one line when it begins to, and one
 * when it has ended; one without news has none, or a cron job would fill the disk with them.
 */
export class RunRecorder {
  readonly #directory: string;
  readonly #file: string;
  readonly #run: string;
  readonly #now: () => Date;
  #begun = '';
  #stamp = '';
  #waitedMs = 0;
  #written = false;
  #update: PastUpdate | undefined;
  readonly #stages: PastStage[] = [];
  readonly #failures: Failure[] = [];
  #waits: readonly Wait[] = [];
  #stageAt = 0;
  #ended: PastRun | undefined;

  /** @param now the time */
  constructor(buildDirectory: string, run: string, now: () => Date) {
    this.#directory = buildDirectory;
    this.#file = historyFile(buildDirectory);
    this.#run = run;
    this.#now = now;
  }

  /** The run as the history has it now that it has ended; undefined before, and for one that the history leaves out. */
  get ended(): PastRun | undefined {
    return this.#ended;
  }

  /** What has failed in it. */
  get failures(): readonly Failure[] {
    return this.#failures;
  }

  /** @returns what went wrong, if anything: a history is not worth a build */
  hear(event: RunEvent): string | undefined {
    switch (event.kind) {
      case 'begun':
        this.#begun = this.#now().toISOString();
        this.#stamp = event.stamp.text;
        return undefined;
      case 'waited':
        this.#waitedMs += event.ms;
        return undefined;
      case 'updated': {
        const { revision, changes, records } = event.update;
        this.#update = { revision, commits: changes.length, records };
        return undefined;
      }
      case 'waits':
        this.#waits = addWaits(this.#waits, event.waits);
        return undefined;
      case 'stage-started':
        this.#stageAt = Math.max(0, this.#now().getTime() - Date.parse(this.#begun));
        if (this.#written) return undefined;
        this.#written = true;
        return this.#append({ run: this.#run, begun: this.#begun, stamp: this.#stamp });
      case 'stage-ended': {
        const { name, outcome, ms, failure } = event.stage;
        if (failure !== undefined) this.#failures.push(failure);
        this.#stages.push({ name, outcome: outcome.kind, ms: Math.round(ms), at: this.#stageAt });
        return undefined;
      }
      case 'ended':
        return this.#end(event);
      default:
        return undefined;
    }
  }

  #end({ result, exitCode, headline }: Extract<RunEvent, { kind: 'ended' }>): string | undefined {
    // A run that never began found another run in progress; one that found nothing to do is not worth a line.
    if (this.#begun === '' || result === 'no-news') return undefined;
    const waits = this.#waits.slice(0, MOST_WAITS).map(pastWait);
    // The line comes after the file that it lets a reader look for.
    const problem = this.#keepFailures();
    const line: PastRun = {
      run: this.#run,
      begun: this.#begun,
      stamp: this.#stamp,
      ended: this.#now().toISOString(),
      result,
      ...(headline !== undefined && { headline }),
      exitCode,
      waitedMs: Math.round(this.#waitedMs),
      ...(waits.length > 0 && { waits }),
      ...(this.#update !== undefined && { update: this.#update }),
      stages: this.#stages,
    };
    this.#ended = line;
    return problem ?? this.#append(line);
  }

  #keepFailures(): string | undefined {
    if (this.#failures.length === 0) return undefined;
    try {
      writeFailedRun(this.#directory, { run: this.#run, stamp: this.#stamp, failures: this.#failures });
      return undefined;
    } catch (error) {
      return obstacleOf(error)?.message ?? `what failed could not be recorded: ${errorText(error)}`;
    }
  }

  /** A disk that is full in its middle leaves a torn line, which is skipped. */
  #append(line: PastRun): string | undefined {
    try {
      const fd = openToAppend(this.#file);
      try {
        appendLine(fd, JSON.stringify(line));
        if (fstatSync(fd).size > LONGEST) renameSync(this.#file, `${this.#file}.1`);
      } finally {
        closeSync(fd);
      }
      return undefined;
    } catch (error) {
      const obstacle = obstacleOf(error);
      if (obstacle !== undefined) return obstacle.message;
      return `${this.#file} cannot be written: ${errorText(error)}`;
    }
  }
}

/** The runs of a build. */
export interface History {
  /** Oldest first; each once, as its last line says. */
  readonly runs: readonly PastRun[];
  /** Lines that are torn or not of a history. */
  readonly unreadable: number;
}

/** Reads the history of a build, and what was moved aside of it. @throws the system's error */
export function readHistory(buildDirectory: string): History {
  const file = historyFile(buildDirectory);
  const runs = new Map<string, PastRun>();
  let unreadable = 0;
  // The newer one first: if a run moves it aside meanwhile, its lines come twice, and each run counts once.
  const newer = linesOf(file);
  for (const line of [...linesOf(`${file}.1`), ...newer]) {
    const run = parseLine(line);
    if (run === undefined) unreadable++;
    else runs.set(run.run, run);
  }
  return { runs: [...runs.values()], unreadable };
}

/** One run of a build; undefined when the history has none of this id. @throws the system's error */
export function readRun(buildDirectory: string, run: string): PastRun | undefined {
  const file = historyFile(buildDirectory);
  const id = JSON.stringify(run);
  // Parsing a line costs a hundred times what a look at it does.
  const found = [...linesOf(`${file}.1`), ...linesOf(file)].flatMap((line) =>
    line.includes(id) ? (parseLine(line) ?? []) : [],
  );
  return found.findLast((each) => each.run === run);
}

function pastWait({ lock, build, ms }: Wait): PastWait {
  return { lock, ...(build !== undefined && { build }), ms: Math.round(ms) };
}

function linesOf(file: string): string[] {
  let fd: number;
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw obstacleOf(error) ?? error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new InTheWay(file, kindOf(stat));
    const bytes = Buffer.alloc(Math.min(stat.size, 2 * LONGEST));
    const read = readSync(fd, bytes, 0, bytes.length, 0);
    return bytes
      .toString('utf8', 0, read)
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    closeSync(fd);
  }
}

function parseLine(line: string): PastRun | undefined {
  return parseRecord(PAST_RUN, line);
}
