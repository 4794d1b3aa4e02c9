import { join } from 'node:path';
import type { Submission as Settings } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { pause } from '../host/pause.js';
import {
  type DeliveryContext as AnyContext,
  type Courier as AnyCourier,
  type Delivery as AnyDelivery,
  type Attempted,
  deliverSpool,
  type GivenUp,
} from '../spool/delivery.js';
import { doneXml } from './parts.js';
import { LONGEST_PAUSE_MS, pauseBefore } from './patience.js';
import type { Destination, Sent } from './sending.js';
import {
  dropFile,
  dropSubmission,
  type SpooledFile,
  type Submission,
  type SubmissionFacts,
  submissionsIn,
  type Waiting,
  waitingIn,
  writeFacts,
} from './spool.js';

/** What a delivery takes from outside. */
export interface DeliveryContext extends AnyContext {
  readonly random: () => number;
  /** Everything that happens, for the log of the submission's run. */
  readonly log: (submission: Submission, line: string) => void;
  /** Told what the last report of a submission says, before it is sent. */
  readonly done: (submission: Submission, xml: string) => void;
}

/** What came of it; delivered are reports that the other side has confirmed. */
export interface Delivery extends AnyDelivery {
  readonly left: Waiting;
}

/** After this many failed runs a report that the server does not want is given up, and no longer blocks those behind it. */
const MOST_REFUSALS = 3;

const NOTHING: Waiting = { count: 0, bytes: 0, oldest: undefined };

/**
 * Delivers what is in a spool, oldest first, each report of it in order, until everything is confirmed or something does
 * not work now.
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
  const courier = new Courier(settings, destination, context);
  const delivery = await deliverSpool(submissionsIn(spool), courier, context);
  return { ...delivery, left: delivery.end.kind === 'empty' ? NOTHING : waitingIn(spool) };
}

class Courier implements AnyCourier<Submission> {
  readonly order = 'queue';
  readonly triesOld = false;
  readonly keepMs: number;
  readonly mostBytes: number;
  readonly #settings: Settings;
  readonly #destination: Destination;
  readonly #context: DeliveryContext;
  #problems: string[] = [];
  #delivered = 0;

  constructor(settings: Settings, destination: Destination, context: DeliveryContext) {
    this.keepMs = settings.keepMs;
    this.mostBytes = settings.spoolBytes;
    this.#settings = settings;
    this.#destination = destination;
    this.#context = context;
  }

  async attempt(submission: Submission): Promise<Attempted<Submission>> {
    [this.#problems, this.#delivered] = [[], 0];
    const result = await this.#submission(submission);
    return { delivered: this.#delivered, problems: this.#problems, heard: this.#delivered > 0, ...result };
  }

  giveUp(submission: Submission, why: GivenUp): readonly string[] {
    const reason =
      why.kind === 'too-old' ? `older than ${days(why.keepMs)}` : `more than ${why.mostBytes / 1e6} MB are waiting`;
    const problem = `given up (${reason}): the reports of ${submission.stamp} never reached ${this.#where}`;
    this.#context.log(submission, problem);
    dropSubmission(submission);
    return [problem];
  }

  clear(path: string): void {
    dropSubmission({ path, files: [] });
  }

  async #submission(submission: Submission): Promise<Pick<Attempted<Submission>, 'left' | 'stopped'>> {
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
          return { left: { ...submission, ...facts }, stopped: sent };
      }
    }
    dropSubmission({ ...submission, files: [] });
    return { left: undefined };
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

  #putOff(
    submission: Submission,
    facts: SubmissionFacts,
    what: string,
  ): Pick<Attempted<Submission>, 'left' | 'stopped'> {
    const counted = { ...facts, tries: facts.tries + 1, tried: this.#context.now().toISOString() };
    this.#context.log(submission, `put off: ${what}`);
    writeFacts(submission.path, counted);
    return { left: { ...submission, ...counted }, stopped: { kind: 'put-off', why: what } };
  }

  /** Several attempts, as long as only the circumstances are against it. */
  async #patiently(submission: Submission, file: SpooledFile): Promise<Sent> {
    const { signal, random, log } = this.#context;
    const report = { path: file.path, name: file.name, ...named(submission) };
    for (let attempt = 1; ; attempt++) {
      log(submission, `${file.name} to ${this.#where}`);
      const sent = await this.#destination.send(report, signal);
      log(submission, describe(sent));
      // A report that an earlier run could not deliver does not deserve this run's patience.
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

/** Failures before a successful delivery no longer count. */
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
