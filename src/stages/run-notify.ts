import type { Build, Project, Subscriber } from '../config/project.js';
import type { Host } from '../host/host.js';
import { type Breakage, judgeBreakage, readBreakage, writeBreakage } from '../notify/breakage.js';
import type { BuildEvent } from '../notify/event.js';
import { addEvent, hasEvents, spoolOf } from '../notify/spool.js';
import type { Starting } from '../notify/starting.js';
import { wants } from '../notify/subscription.js';
import { adviceOnSecret } from '../secrets/advice.js';
import { formatDuration } from '../text/duration.js';
import { errorText } from '../text/error-text.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import type { MergedUpdate } from '../updates/record.js';
import type { Warnings } from '../warnings/reporter.js';
import { sameFailure } from '../warnings/same-state.js';
import { brokenSince } from './broken-since.js';
import type { Buildstamp } from './buildstamp.js';
import { eventOfRun, type Happening, type RunFacts, sinceOf } from './event-of-run.js';
import { judgeRun } from './fate.js';
import { type PastRun, readHistory } from './history.js';
import { headlineOfResult, headlineOfStages } from './result-headline.js';
import { resultWords } from './result-words.js';
import type { RunEvent, StageReport } from './run-event.js';
import type { RunResult } from './run-result.js';
import type { FoundStageLock } from './stage-lock.js';
import { type JudgedLock, LEAST_MS, type Stuck, stuckOn } from './stuck.js';
import { addWaits, type Wait } from './waits.js';

/** What the process of a run gives its notifier. */
export interface NotifierContext {
  /** The random id of the run. */
  readonly run: string;
  readonly host: Host;
  readonly began: Date;
  readonly now: () => Date;
  readonly environment: NodeJS.ProcessEnv;
  /** Leaves out what was told before, also for a person at a terminal: subscribers are not that person. */
  readonly warnings: Warnings;
}

/** How a run has ended, for its events. */
export interface RunEnd {
  readonly result: RunResult;
  readonly exitCode: number;
  /** What standard error says of it. */
  readonly lines: readonly string[];
  /** That it waited for longer than the interval between its runs; undefined when it did not. */
  readonly waited: string | undefined;
}

/** How long the news of a run's begin may take to come through when the run is over already. */
const LAST_START_MS = 3000;

/**
 * Makes events of what happens in a run, puts them into the spools of those who want them, and delivers them when the run has no
 * locks any more. Whatever goes wrong in that is no reason for a run to fail.
 */
export class RunNotifier {
  readonly #project: Project;
  readonly #build: Build;
  readonly #context: NotifierContext;
  readonly #facts: RunFacts;
  #stamp: Buildstamp | undefined;
  #update: MergedUpdate | undefined;
  #stages: readonly StageReport[] = [];
  #waitedMs = 0;
  #waits: readonly Wait[] = [];
  #isStarted = false;
  /** What could not be done, for a person. */
  #problem: string | undefined;
  /** The news of the begin, on its way. */
  #starting: Promise<Starting | undefined> = Promise.resolve(undefined);

  constructor(project: Project, build: Build, context: NotifierContext) {
    this.#project = project;
    this.#build = build;
    this.#context = context;
    this.#facts = {
      project: project.name,
      build: build.name,
      host: context.host.name,
      run: context.run,
      began: context.began,
      toSeeMore: `stagelock --config ${shellWord(project.file)} log ${shellWord(build.name)} --show`,
    };
  }

  hear(event: RunEvent): void {
    switch (event.kind) {
      case 'begun':
        this.#stamp = event.stamp;
        break;
      case 'waited':
        this.#waitedMs += event.ms;
        break;
      case 'waits':
        this.#waits = addWaits(this.#waits, event.waits);
        break;
      case 'updated':
        this.#update = event.update;
        this.#start();
        break;
      case 'not-updated':
      case 'stage-started':
        this.#start();
        break;
      case 'stage-ended':
        this.#stages = [...this.#stages, event.stage];
        break;
      case 'built':
        this.#update = event.update ?? this.#update;
        this.#attempt(() => this.#breakage());
        break;
    }
  }

  /** Puts what the end of the run means into the spools. */
  async end(end: RunEnd): Promise<void> {
    await this.#endStarting(end.result.kind === 'interrupted' ? 0 : LAST_START_MS);
    this.#attempt(() => this.#ended(end));
  }

  /** The same of a run that an exception has ended. */
  async failed(error: unknown, exitCode: number): Promise<void> {
    await this.#endStarting(LAST_START_MS);
    const message = [shown(errorText(error))];
    const end = { result: 'failed', exitCode };
    this.#attempt(() => this.#post({ ...this.#now('run', 'the run itself failed'), end, message }));
  }

  /**
   * Delivers what this run and earlier ones have to say.
   *
   * @param warnings thinned out as those of mails
   * @returns what to report
   * @throws the system's error, LockError
   */
  async deliver(warnings: Warnings, signal: AbortSignal): Promise<readonly string[]> {
    const { name } = this.#build;
    const lost =
      this.#problem === undefined
        ? []
        : warnings.warn('notify', sameFailure(this.#problem), [`${name}: ${shown(this.#problem)}`]);
    if (!this.#project.subscribers.some((each) => hasEvents(spoolOf(this.#project, each)))) return lost;
    const { deliverEvents } = await import('../notify/delivery.js');
    const { now, environment, began } = this.#context;
    const context = { now, environment, signal, atOnce: false, random: Math.random };
    const all = await deliverEvents(this.#project, context);
    const problems = all.flatMap(({ delivery }) => delivery.problems.map((problem) => `${name}: ${shown(problem)}`));
    const putOff = all.flatMap(({ subscriber, delivery: { end, left } }) => {
      if (end.kind !== 'put-off') return [];
      const waiting = `${left.count === 1 ? 'An event is waiting' : `${left.count} events are waiting`}; later runs retry. To see what waits: stagelock notify`;
      const why = `notify ${subscriber.name}: ${end.why}`;
      const lines = [`${name}: ${shown(why)}`, ...secretsOf(subscriber).flatMap(adviceOnSecret), `  ${waiting}`];
      return warnings.warn('notify', sameFailure(why), lines);
    });
    const isOver = lost.length === 0 && all.every(({ delivery: { end } }) => end.kind === 'empty');
    return [
      ...lost,
      ...problems,
      ...putOff,
      ...(isOver ? warnings.over('notify', `${name}: all events are delivered.`, began) : []),
    ];
  }

  /** A run that has something to do has begun: said while it goes on, and never after its end. */
  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const event = this.#event(this.#now('start', 'the run has begun'));
    const subscribers = this.#project.subscribers.filter((subscriber) => wants(subscriber, event));
    if (subscribers.length === 0) return;
    this.#starting = import('../notify/starting.js').then(({ Starting }) => {
      const starting = new Starting(this.#context.environment);
      starting.tell(subscribers, event);
      return starting;
    });
  }

  async #endStarting(limitMs: number): Promise<void> {
    const starting = await this.#starting.catch(() => undefined);
    await starting?.end(limitMs);
  }

  /** The first run that failed, and the first that did not any more: before the cursor moves, so that none is lost. */
  #breakage(): void {
    const { name } = this.#build;
    const failed = this.#stages.some(({ outcome }) => outcome.kind !== 'passed');
    const before = readBreakage(this.#project, name);
    const { run, now } = this.#context;
    const first = { run, stamp: this.#stamp?.text ?? '', time: now().toISOString() };
    const { event, id, since, next } = judgeBreakage(name, before ?? this.#breakageByHistory(), failed, first);
    const end = failed ? { result: 'stage-failed', exitCode: 1 } : { result: 'done', exitCode: 0 };
    const headline = failed ? headlineOfStages(this.#stages) : 'works again';
    if (event !== undefined) this.#post({ ...this.#now(event, headline), end, since, id });
    // No later run builds this commit again. The end of the run, which has the same id, changes nothing about it.
    this.#post({ ...this.#now('run', failed ? headline : 'passed'), end }, (each) => each.kind === 'commit-status');
    if (before === undefined || event !== undefined || failed) writeBreakage(this.#project, name, next);
  }

  /** [[notify]] may be new to a build that is broken for long. */
  #breakageByHistory(): Breakage {
    const broken = this.#since();
    return { ...(broken !== undefined && { broken }), last: '' };
  }

  #ended({ result, exitCode, lines, waited }: RunEnd): void {
    const { warnings, began } = this.#context;
    const { name } = this.#build;
    const locks = this.#judged('locks' in result ? result.locks : []);
    const end = { result: result.kind, exitCode };
    const since = result.kind === 'stage-failed' ? this.#since() : undefined;
    this.#post({ ...this.#now('run', headlineOf(result)), end, message: lines, locks, since });
    const stuck = this.#stuck(result, locks);
    if (stuck === undefined) warnings.over('stuck', name, began);
    else if (warnings.warn('stuck', stuck.state, [stuck.headline]).length > 0)
      this.#post({ ...this.#now('stuck', stuck.headline), end, message: lines, locks });
    const isWaited = stuck === undefined && (result.kind === 'wait-timed-out' || waited !== undefined);
    if (!isWaited) warnings.over('waited', name, began);
    else if (
      warnings.warn('waited', [result.kind, ...locks.map(({ lock }) => lock.path)].join(' '), [name]).length > 0
    ) {
      const message = waited === undefined ? lines : [...lines, waited];
      this.#post({ ...this.#now('waited', waitedHeadline(result, this.#waitedMs)), end, message, locks });
    }
  }

  #stuck(
    result: RunResult,
    locks: readonly JudgedLock[],
  ): { readonly state: string; readonly headline: string } | undefined {
    if (result.kind === 'not-repaired' && !result.living) return { state: result.kind, headline: headlineOf(result) };
    const stuck = stuckOn(locks, this.#context.now().getTime());
    if (stuck === undefined) return undefined;
    return {
      state: `${stuck.kind} ${stuck.lock.path} ${stuck.lock.record?.run ?? ''}`,
      headline: stuckHeadline(stuck),
    };
  }

  #judged(locks: readonly FoundStageLock[]): JudgedLock[] {
    const { host, now } = this.#context;
    return locks.map((lock) => {
      const ms = now().getTime() - Date.parse(lock.record?.since ?? '');
      // A history may be long, and most runs in the way are short.
      const past = ms > LEAST_MS ? this.#pastOf(lock.record?.build ?? '') : [];
      return { lock, fate: judgeRun(lock.record, host).fate, past };
    });
  }

  #pastOf(build: string): readonly PastRun[] {
    const directory = this.#project.builds.get(build)?.directory;
    try {
      return directory === undefined ? [] : readHistory(directory).runs;
    } catch {
      // The history is reported by those who write it.
      return [];
    }
  }

  #since(): BuildEvent['brokenSince'] {
    return sinceOf(brokenSince(this.#pastOf(this.#build.name), this.#context.run));
  }

  #now(event: BuildEvent['event'], headline: string): Happening {
    return { event, headline, time: this.#context.now() };
  }

  #event(happening: Happening): BuildEvent {
    const soFar = {
      stamp: this.#stamp,
      update: this.#update,
      stages: this.#stages,
      waitedMs: this.#waitedMs,
      waits: this.#waits,
    };
    return eventOfRun(this.#facts, soFar, happening);
  }

  /** @throws InTheWay, the system's error; then some have got it and others not */
  #post(happening: Happening, isMeant: (subscriber: Subscriber) => boolean = () => true): void {
    const event = this.#event(happening);
    for (const subscriber of this.#project.subscribers) {
      if (isMeant(subscriber) && wants(subscriber, event))
        addEvent(spoolOf(this.#project, subscriber), event, this.#context.now());
    }
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#problem ??= `could not put an event for [[notify]] into its spool: ${errorText(error)}`;
    }
  }
}

function headlineOf(result: RunResult): string {
  return headlineOfResult(result) ?? resultWords({ result: result.kind });
}

function stuckHeadline(stuck: Stuck): string {
  const { record, path } = stuck.lock;
  const whose = record === undefined ? 'a lock without an owner' : `the run of ${record.build} on ${record.host}`;
  return stuck.kind === 'long-run'
    ? `${whose} has been going on for ${formatDuration(stuck.ms)}, far longer than usual`
    : `${record === undefined ? whose : `${whose} is dead and has left its lock`} (${path})`;
}

function waitedHeadline(result: RunResult, waitedMs: number): string {
  const ms = result.kind === 'wait-timed-out' ? result.waitedMs : waitedMs;
  return `waited ${formatDuration(ms)} for other builds`;
}

function secretsOf(subscriber: Subscriber) {
  switch (subscriber.kind) {
    case 'webhook':
      return [subscriber.token, subscriber.secret];
    case 'commit-status':
      return [subscriber.token];
    default:
      return [];
  }
}
