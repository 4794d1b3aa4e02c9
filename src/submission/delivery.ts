import { join } from 'node:path';
import type { Submission as Settings } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { pause } from '../host/pause.js';
import { openLock } from '../locks/index.js';
import { doneXml } from './parts.js';
import { dueAt, LONGEST_PAUSE_MS, pauseBefore } from './patience.js';
import type { Destination, Sent } from './sending.js';
import {
  bytesOf,
  dropFile,
  dropSubmission,
  queueIn,
  readSubmission,
  type SpooledFile,
  type Submission,
  type SubmissionFacts,
  tidySpool,
  type Waiting,
  waitingIn,
  writeFacts,
} from './spool.js';

/** What a delivery takes from outside. */
export interface DeliveryContext {
  readonly now: () => Date;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Everything that happens, for the log of the submission's run. */
  readonly log: (submission: Submission, line: string) => void;
  /** Told what the last report of a submission says, before it is sent. */
  readonly done: (submission: Submission, xml: string) => void;
  /** Do not wait until an attempt is due again: a person has mended something. */
  readonly atOnce: boolean;
}

/** What came of it. */
export interface Delivery {
  /** Reports that the other side has confirmed. */
  readonly delivered: number;
  /** What is still in the spool. */
  readonly left: Waiting;
  /** For a person: what was given up, what is in the way. */
  readonly problems: readonly string[];
  readonly end:
    | { readonly kind: 'empty' }
    /** Somebody else is at it. */
    | { readonly kind: 'busy' }
    /** Nothing was tried; it will be at this time, in milliseconds since 1970. */
    | { readonly kind: 'not-due'; readonly atMs: number }
    /** The rest has to wait for a later run. */
    | { readonly kind: 'put-off'; readonly why: string }
    | { readonly kind: 'aborted' };
}

/** After so many runs in vain a report that the server does not want is given up, and no longer blocks those behind it. */
const MOST_REFUSALS = 3;

const NOTHING: Waiting = { count: 0, bytes: 0, oldest: undefined };

/** How long one run delivers what has gathered before it leaves the rest to later ones, in milliseconds. */
const LONGEST_MS = 5 * 60_000;
const TOOK_TOO_LONG = 'it has taken 5 minutes so far';

/** How long to wait for another process that delivers from the same spool: it goes on until the spool is empty. */
const BUSY_MS = 2000;

/**
 * Delivers what is in a spool, oldest first, each report of it in order, until everything is confirmed or something does
 * not work now. An object lock of the spool sees to it that two runs do not send the same.
 *
 * A report leaves the spool when the other side has confirmed it. A process that dies between that and its removal sends
 * it once more, and so does one that never gets an answer; CDash knows it by its stamp and its MD5.
 *
 * @throws the system's error, LockError
 */
export async function deliver(
  spool: string,
  settings: Settings,
  destination: Destination,
  context: DeliveryContext,
): Promise<Delivery> {
  const acquisition = await openLock(join(spool, 'delivery')).acquire({ timeoutMs: BUSY_MS, signal: context.signal });
  if (acquisition.kind !== 'acquired') {
    const kind = acquisition.kind === 'aborted' ? 'aborted' : 'busy';
    return { delivered: 0, left: waitingIn(spool), problems: [], end: { kind } };
  }
  try {
    tidySpool(spool, context.now().getTime());
    return await new Courier(spool, settings, destination, context).run();
  } finally {
    acquisition.lock.release();
  }
}

class Courier {
  readonly #spool: string;
  readonly #settings: Settings;
  readonly #destination: Destination;
  readonly #context: DeliveryContext;
  readonly #problems: string[] = [];
  /** What is in the way, and was told. */
  readonly #passed = new Set<string>();
  #delivered = 0;

  constructor(spool: string, settings: Settings, destination: Destination, context: DeliveryContext) {
    this.#spool = spool;
    this.#settings = settings;
    this.#destination = destination;
    this.#context = context;
  }

  async run(): Promise<Delivery> {
    const { now, atOnce } = this.#context;
    const beganMs = now().getTime();
    let queue = this.#giveUpTooMuch(queueIn(this.#spool));
    for (let first = true; ; ) {
      const path = queue.shift();
      if (path === undefined) {
        // Others may have put something there meanwhile; what is in the way of them all is no submission.
        queue = queueIn(this.#spool).filter((other) => !this.#passed.has(other));
        if (queue.length === 0) return this.#end({ kind: 'empty' });
        continue;
      }
      const next = this.#read(path);
      if (next === undefined) continue;
      const nowMs = now().getTime();
      const atMs = atOnce || !first ? nowMs : dueAt(next, nowMs);
      if (atMs > nowMs) return this.#end({ kind: 'not-due', atMs });
      if (!atOnce && nowMs - beganMs > LONGEST_MS) return this.#end({ kind: 'put-off', why: TOOK_TOO_LONG });
      first = false;
      const stopped = await this.#submission(next);
      if (stopped !== undefined) return this.#end(stopped);
    }
  }

  #end(end: Delivery['end']): Delivery {
    const left = end.kind === 'empty' ? NOTHING : waitingIn(this.#spool);
    return { delivered: this.#delivered, left, problems: this.#problems, end };
  }

  /** @returns undefined when there is nothing to deliver, or no more */
  #read(path: string): Submission | undefined {
    const read = readSubmission(path);
    if (typeof read === 'string') {
      this.#problems.push(read);
      this.#passed.add(path);
      return undefined;
    }
    if (read === undefined) {
      // A process died at the very end of its delivery.
      dropSubmission({ path, files: [] });
      return undefined;
    }
    const { keepMs } = this.#settings;
    if (this.#context.now().getTime() - Date.parse(read.since) <= keepMs) return read;
    this.#giveUp(read, `older than ${days(keepMs)}`);
    return undefined;
  }

  /** Drops the oldest until the rest is not too much; the newest is always tried, however large it is. */
  #giveUpTooMuch(queue: string[]): string[] {
    const { spoolBytes } = this.#settings;
    let bytes = queue.reduce((sum, path) => sum + bytesOf(path), 0);
    let kept = 0;
    for (; bytes > spoolBytes && kept < queue.length - 1; kept++) {
      const path = queue[kept] ?? '';
      bytes -= bytesOf(path);
      const read = this.#read(path);
      if (read !== undefined) this.#giveUp(read, `more than ${spoolBytes / 1e6} MB are waiting`);
    }
    return queue.slice(kept);
  }

  #giveUp(submission: Submission, why: string): void {
    this.#report(submission, `given up (${why}): the reports of ${submission.stamp} never reached ${this.#where}`);
    dropSubmission(submission);
  }

  /** @returns why it cannot go on; undefined when the submission is delivered */
  async #submission(submission: Submission): Promise<Delivery['end'] | undefined> {
    let facts: SubmissionFacts = submission;
    for (const file of this.#withDone(submission)) {
      if (file.name === DONE && file.bytes === 0) this.#writeDone(submission, file, facts);
      const sent = await this.#patiently(submission, file);
      switch (sent.kind) {
        case 'delivered': {
          this.#delivered++;
          if (sent.warning !== undefined) this.#report(submission, `${file.name}: ${this.#where} ${sent.warning}`);
          const better = afterDelivery(facts, sent.buildId ?? facts.buildId);
          // Mostly nothing has changed, and each write is one to a disk.
          if (facts.tries > 0 || facts.refusals > 0 || better.buildId !== facts.buildId) {
            facts = better;
            writeFacts(submission.path, facts);
          }
          dropFile(file);
          break;
        }
        case 'refused': {
          const refusals = facts.refusals + 1;
          const what = `${file.name} of ${submission.stamp}: ${this.#where} ${sent.message}`;
          if (refusals < MOST_REFUSALS) return this.#putOff(submission, { ...facts, refusals }, what);
          this.#report(submission, `${what}; given up after ${refusals} runs`);
          facts = { ...facts, refusals: 0 };
          writeFacts(submission.path, facts);
          dropFile(file);
          break;
        }
        case 'unavailable': {
          const notBefore =
            sent.retryAfterMs === undefined
              ? {}
              : { notBefore: new Date(this.#context.now().getTime() + sent.retryAfterMs).toISOString() };
          const what = `${file.name} of ${submission.stamp}: ${this.#where}: ${sent.message}`;
          return this.#putOff(submission, { ...facts, ...notBefore }, what);
        }
        case 'aborted':
          return { kind: 'aborted' };
      }
    }
    dropSubmission({ ...submission, files: [] });
    return undefined;
  }

  /** The reports that are left, and behind them the one that says that they were all. */
  #withDone({ path, files }: Submission): readonly SpooledFile[] {
    if (files.some(({ name }) => name === DONE)) return files;
    return [...files, { path: join(path, `9999-${DONE}`), name: DONE, bytes: 0 }];
  }

  /** Written once, so that every attempt sends the same. */
  #writeDone(submission: Submission, { path }: SpooledFile, { buildId }: SubmissionFacts): void {
    const xml = doneXml(buildId, this.#context.now());
    replaceAtomically(path, xml);
    this.#context.done(submission, xml);
  }

  #putOff(submission: Submission, facts: SubmissionFacts, what: string): Delivery['end'] {
    const tried = this.#context.now().toISOString();
    this.#context.log(submission, `put off: ${what}`);
    writeFacts(submission.path, { ...facts, tries: facts.tries + 1, tried });
    return { kind: 'put-off', why: what };
  }

  /** Several attempts, as long as only the circumstances are against it. */
  async #patiently(submission: Submission, file: SpooledFile): Promise<Sent> {
    const { signal, random, log } = this.#context;
    const report = { path: file.path, name: file.name, ...named(submission) };
    for (let attempt = 1; ; attempt++) {
      log(submission, `${file.name} to ${this.#where}`);
      const sent = await this.#destination.send(report, signal);
      log(submission, describe(sent));
      // What a run before this one has tried in vain does not deserve this run's patience.
      const patience = submission.tries === 0 ? this.#settings.retries : 0;
      if (sent.kind !== 'unavailable' || sent.lasting || attempt > patience) return sent;
      const waitMs = Math.max(pauseBefore(attempt, this.#settings.retryDelayMs, random()), sent.retryAfterMs ?? 0);
      if (waitMs > LONGEST_PAUSE_MS * 1.25) return sent;
      await pause(waitMs, signal);
      if (signal.aborted) return { kind: 'aborted' };
    }
  }

  get #where(): string {
    return this.#destination.name;
  }

  #report(submission: Submission, problem: string): void {
    this.#context.log(submission, problem);
    this.#problems.push(problem);
  }
}

/** What was in vain before something arrived counts no more. */
function afterDelivery({ site, build, stamp, since }: SubmissionFacts, buildId: string | undefined): SubmissionFacts {
  return { site, build, stamp, since, tries: 0, refusals: 0, ...(buildId !== undefined && { buildId }) };
}

const DONE = 'Done.xml';

function named({ site, build, stamp }: Submission): Pick<Submission, 'site' | 'build' | 'stamp'> {
  return { site, build, stamp };
}

function describe(sent: Sent): string {
  switch (sent.kind) {
    case 'delivered':
      return `delivered${sent.warning === undefined ? '' : `, ${sent.warning}`}`;
    case 'aborted':
      return 'told to stop';
    default:
      return `${sent.kind}: ${sent.message}`;
  }
}

function days(ms: number): string {
  return ms >= 86_400_000 ? `${Math.round(ms / 86_400_000)} days` : `${Math.round(ms / 60_000)} minutes`;
}
