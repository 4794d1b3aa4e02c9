import type { Coordination, Primary } from '../config/project.js';
import { type CatchingUp, catchingUp } from '../coordination/catching-up.js';
import type { LineStep } from '../coordination/line.js';
import { type LineHead, LineJournalError } from '../coordination/line-journal.js';
import { lookInEtcd } from '../coordination/look.js';
import { Membership } from '../coordination/membership.js';
import { describeMoved } from '../coordination/moved.js';
import type { Written } from '../coordination/run-writer.js';
import { untilRemoved } from '../coordination/until-removed.js';
import { EtcdError } from '../etcd/error.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { append, journalDirectory, lastHead, lastRecord } from '../updates/journal.js';
import type { UpdateRecord } from '../updates/record.js';
import type { RunIdentity } from './held-locks.js';
import { foundLocks, pathOf } from './locks-in-etcd.js';
import { UPDATE } from './names.js';
import type { StepResult } from './protocol.js';
import type { Run } from './run.js';
import type { RunContext } from './run-context.js';
import type { CaughtUp, Loss, RunLine } from './run-line.js';
import { type FoundStageLock, stageLockText } from './stage-lock.js';
import type { RunStep } from './steps.js';
import { clearLocks, examine } from './unlock.js';
import type { WaitResult } from './until-free.js';
import { waitThrough } from './waiting.js';

/** Another host has a follower of that name, or the project has moved to files. */
export interface NotAtHome {
  readonly kind: 'not-at-home';
  readonly message: string;
}

/** Nothing was begun. */
export interface Away {
  readonly kind: 'away';
  readonly message: string;
}

/**
 * The run of a primary, or of a follower of one, as other hosts see it. What is on this host is protected by the locks in
 * its files, as without etcd; this is about what hosts share: that a build runs on one of them at a time, which revisions are
 * built, and who has built them.
 *
 * Locks are made in the files first and in etcd afterwards, and removed the other way round. A process that dies in
 * between leaves those in the files, which keep the build from its next run on this host until a person has looked.
 */
export class SharedLine implements RunLine {
  /** That of the run, which is also asked to stop when it cannot renew its lease. */
  readonly context: RunContext;
  readonly #primary: Primary;
  readonly #coordination: Coordination;
  readonly #stop = new AbortController();
  #membership: Membership | undefined;
  /** What all its locks say. */
  #identity: RunIdentity | undefined;
  #loss: Loss | undefined;
  /** What was in its way when it last looked. */
  #inTheWay: Extract<LineStep, { kind: 'blocked' }> | undefined;

  constructor(primary: Primary, context: RunContext, coordination: Coordination) {
    this.#primary = primary;
    this.#coordination = coordination;
    this.context = { ...context, signal: AbortSignal.any([context.signal, this.#stop.signal]) };
  }

  /** The primary that it follows, if it follows one. */
  get follows(): string | undefined {
    return this.#primary.follows?.primary;
  }

  /** Set when the run had to end. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** The locks that it holds in etcd. */
  get held(): readonly string[] {
    return (this.#membership?.line.held ?? []).map(pathOf);
  }

  /**
   * "Primary begins", "a run begins". What it holds in the files stands already; where this is not done, they go again.
   *
   * @returns `away` when etcd cannot be reached or refuses it, and nothing of the run is there
   */
  async begin(run: Run, logFile: string | undefined): Promise<StepResult | Away | NotAtHome> {
    try {
      return await this.#begin(run, logFile);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      return { kind: 'away', message: error.message };
    }
  }

  async #begin(run: Run, logFile: string | undefined): Promise<StepResult | NotAtHome> {
    const { name } = this.#primary;
    const place = { build: name, primary: this.follows ?? name };
    const membership = await Membership.begin(this.#coordination, run.context.run, place);
    this.#membership = membership;
    this.#identity = { ...run.held.identity, host: this.#coordination.host };
    membership.presence.lost.addEventListener('abort', () => this.#lose(), { once: true });
    if (membership.presence.lost.aborted) this.#lose();
    const { keys, line, presence } = membership;
    const { leases } = presence;
    const id = run.context.run;
    const signs = [
      { put: keys.alive(id), value: this.#coordination.host, lease: leases.alive },
      { put: keys.trace(id), value: this.#coordination.host, lease: leases.trace },
    ];
    const home = this.follows === undefined ? undefined : await this.#home(membership);
    if (typeof home === 'object' && 'kind' in home) return home;
    const running = this.#text('running');
    const begun =
      this.follows === undefined
        ? line.beginPrimary({ running, update: this.#text(UPDATE, logFile) }, signs)
        : line.beginFollower(
            running,
            home === undefined ? signs : [...signs, home],
            home === undefined ? [] : [home.put],
          );
    const step = await begun;
    if (step.kind === 'moved') return { kind: 'not-at-home', message: describeMoved(step.text) };
    // Two followers of one name in their very first runs: one has put its home there since this one looked.
    const late = step.kind === 'cleared' && home !== undefined ? await this.#home(membership) : undefined;
    if (late !== undefined && 'kind' in late) return late;
    const settled = await this.#settle(step);
    if (settled.kind === 'done') this.context.step('line: begun');
    return settled;
  }

  /**
   * A follower has a name of its own among all hosts: with that of another one, each would build some of the updates, and take the
   * other's runs for its own.
   *
   * @returns what puts its home there, undefined where it stands already
   */
  async #home({ etcd, keys }: Membership): Promise<{ put: string; value: string } | NotAtHome | undefined> {
    const { name, directory } = this.#primary;
    const put = keys.home(name);
    const value = `${this.#coordination.host} ${directory}`;
    const there = await etcd.get(put);
    if (there?.value === value) return undefined;
    if (there === undefined) return { put, value };
    const message = [
      `another follower has the name ${name}: ${shown(there.value, 500)} (this one: ${value})`,
      `Give each follower a name of its own. If the other one is gone for good, after a look: etcdctl del ${shellWord(put)}`,
    ].join('\n');
    return { kind: 'not-at-home', message };
  }

  /**
   * What comes before the source is touched: a primary waits for its followers to leave, as its policy says; a follower
   * waits for the update of its primary, and joins.
   */
  awaitTurn(run: Run, logFile: string): Promise<WaitResult> {
    const membership = this.#joined();
    const { line } = membership;
    const step = (): Promise<LineStep> => {
      if (this.follows === undefined) return line.mayUpdate();
      return line.join({
        mark: this.#text('running'),
        checkout: this.#text('checkout', logFile),
      });
    };
    const attempt = async (): Promise<StepResult> => {
      const settled = await this.#settle((await membership.patiently(step)) ?? { kind: 'unanswered' });
      if (settled.kind === 'done') {
        this.context.step(this.follows === undefined ? 'line: clear of followers' : 'line: joined');
      }
      return settled;
    };
    const policy = this.#primary.whenSecondariesBuild;
    const patience =
      this.follows === undefined
        ? { timeoutMs: policy.kind === 'wait' ? policy.timeoutMs : 0, worthWaiting: () => policy.kind === 'wait' }
        : {
            timeoutMs: this.#primary.follows?.updateTimeoutMs ?? 0,
            worthWaiting: (locks: readonly FoundStageLock[]) => locks.every(({ name }) => name === UPDATE),
          };
    return waitThrough(run, attempt, {
      temporary: run.layout.temporary,
      ...patience,
      untilChange: (_, remainingMs, signal) => this.#untilChange(remainingMs, signal),
    });
  }

  /**
   * Brings the journal on this host to what etcd says. The caller holds `update` here, so that no build of this host
   * reads it; a process that dies in between leaves the records that it has copied, which are right by themselves.
   */
  async catchUp(): Promise<CaughtUp> {
    const membership = this.#joined();
    const { journal } = membership;
    try {
      const there = await membership.patiently(async () => ({ head: await journal.head() }));
      if (there === undefined) return this.#unanswered();
      const directory = journalDirectory(this.#primary.directory);
      const newest = lastHead(directory);
      const here = newest.record && { sequence: newest.sequence, revision: newest.record.revision };
      const role = this.follows === undefined ? 'primary' : 'follower';
      return await this.#catchUp(catchingUp(role, here, there.head), there.head);
    } catch (error) {
      if (error instanceof LineJournalError) return { kind: 'failed', message: this.#explain(error) };
      throw error;
    }
  }

  /** A journal that was put into etcd anew does not have what a follower is behind. */
  #explain({ message }: LineJournalError): string {
    if (this.follows === undefined) return message;
    const journal = shown(journalDirectory(this.#primary.directory));
    const how = `To start ${this.#primary.name} from the newest record, move its journal away: ${journal}`;
    return `${message}\n${how} (what it has missed is in no report of it then)`;
  }

  async #catchUp(course: CatchingUp, head: LineHead | undefined): Promise<CaughtUp> {
    const membership = this.#joined();
    const { journal } = membership;
    const directory = journalDirectory(this.#primary.directory);
    switch (course.kind) {
      case 'same':
        return { kind: 'caught-up', head };
      case 'nothing-recorded':
        return {
          kind: 'failed',
          message: `${this.follows}, whose updates it follows, has recorded none in etcd yet (${this.#coordination.prefix}). Run ${this.follows} first`,
        };
      case 'contradiction':
        return {
          kind: 'failed',
          message: [
            `the journal in ${directory} and that in etcd (${this.#coordination.prefix}) contradict each other: ${course.why}.`,
            'Was etcd set back to a backup, or its data removed? Nothing is recorded until a person has decided which one is right.',
          ].join('\n'),
        };
      case 'publish': {
        const { record } = lastRecord(directory);
        if (record === undefined) return { kind: 'failed', message: `no record in ${directory} can be read` };
        const start = { ...record, prior: record.revision, changes: [] };
        return (await this.publish(start)) ? { kind: 'caught-up', head: record } : this.#unanswered();
      }
      case 'begin':
      case 'copy': {
        const ask = async (): Promise<UpdateRecord[]> =>
          course.kind === 'begin' ? [await journal.record(course.sequence)] : journal.after(course.after);
        const records = await membership.patiently(ask);
        if (records === undefined) return this.#unanswered();
        for (const record of records) append(directory, record);
        return { kind: 'caught-up', head: records.at(-1) ?? head };
      }
    }
  }

  /** Puts a record into etcd, before it is written here. False when the run has to end. @throws EtcdError when refused */
  async publish(record: UpdateRecord): Promise<boolean> {
    const membership = this.#joined();
    return this.#isWritten(await membership.journal.append(record, membership), 'line: recorded');
  }

  /** Says in etcd how far the build has come, before its cursor moves here. False when the run has to end. */
  async moveCursor(sequence: number): Promise<boolean> {
    const membership = this.#joined();
    const moved = await membership.journal.moveCursor(this.#primary.name, sequence, membership);
    return this.#isWritten(moved, 'line: cursor moved');
  }

  /** Removes what no build needs any more. @throws EtcdError */
  async prune(olderThan: number): Promise<void> {
    const membership = this.#joined();
    const inAnyCase = 2 * olderThan - this.context.now().getTime();
    if (this.follows === undefined) await membership.journal.prune({ olderThan, inAnyCase }, membership);
  }

  /** "Primary updated". False when the run has to end, as from all these. */
  async endUpdate(): Promise<boolean> {
    return this.#isDone(await this.#joined().line.endUpdate(), 'line: update ended');
  }

  async beginStage(stage: string, logFile: string): Promise<boolean> {
    return this.#isDone(await this.#joined().line.beginStage(stage, this.#text(stage, logFile)));
  }

  async endStage(stage: string): Promise<boolean> {
    return this.#isDone(await this.#joined().line.endStage(stage));
  }

  /** "Secondary leaves", "a run ends": it holds nothing any more. True, too, where it never held anything. */
  async end(): Promise<boolean> {
    return this.#membership === undefined || this.#isDone(await this.#membership.line.end(), 'line: ended');
  }

  /** The process ends: nothing is renewed any more. */
  async close(): Promise<void> {
    await this.#membership?.end(this.held.length === 0 ? 'gone' : 'stay');
  }

  /**
   * Removes the locks that a dead run has left on this host, if a person has cleared them on another one, where this host's
   * files cannot be reached. What is still alive here keeps them.
   */
  async clearCleared(locks: readonly FoundStageLock[]): Promise<boolean> {
    const runs = new Set(locks.map(({ record }) => record?.run));
    const [run] = runs;
    if (run === undefined || runs.size !== 1) return false;
    const here = examine(this.#primary, this.context.host);
    if (here.kind !== 'clear' || here.locks.some(({ record }) => record?.run !== run)) return false;
    // While etcd is away the run says so by itself.
    const noted = await lookInEtcd(this.#coordination, async (etcd, keys) => ({
      kind: 'seen' as const,
      isCleared: (await etcd.get(keys.cleared(run))) !== undefined,
    }));
    if (noted.kind === 'away' || !noted.isCleared) return false;
    const cleared = await clearLocks(this.#primary, here.locks);
    return cleared.kind === 'cleared' && cleared.changed.length === 0;
  }

  #joined(): Membership {
    if (this.#membership === undefined) throw new Error('this run has not begun');
    return this.#membership;
  }

  #text(stage: string, logFile?: string): string {
    if (this.#identity === undefined) throw new Error('this run has not begun');
    const since = this.context.now().toISOString();
    return stageLockText({ stage, ...this.#identity, since, ...(logFile !== undefined && { logFile }) });
  }

  async #settle(step: LineStep): Promise<StepResult> {
    if (step.kind === 'done') return step;
    if (step.kind !== 'blocked') {
      this.#lose(step.kind === 'cleared' ? { kind: 'cleared' } : undefined);
      return { kind: 'aborted' };
    }
    this.#inTheWay = step;
    const { etcd, keys } = this.#joined();
    const locks = await this.#joined().patiently(() => foundLocks(etcd, keys, step.locks));
    if (locks === undefined) return { kind: 'aborted' };
    return { kind: 'blocked', locks, paths: locks.map(({ path }) => path) };
  }

  /**
   * Ends when one of the locks in its way is gone, or time is up. A connection that is lost is made again. Where one lock is in the way,
   * as the update of a primary, only that is watched: of a hundred followers that wait, none wakes up because another one leaves.
   */
  async #untilChange(remainingMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#inTheWay === undefined) return;
    const { etcd, keys } = this.#joined();
    const { locks, seenAt } = this.#inTheWay;
    const [only] = locks.length === 1 ? locks : [];
    try {
      await untilRemoved(etcd, only?.key ?? keys.locksOf(this.follows ?? this.#primary.name), {
        seenAt,
        limitMs: remainingMs,
        signals: signal === undefined ? [] : [signal],
      });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    }
  }

  #isDone({ kind }: LineStep, step?: RunStep): boolean {
    if (kind === 'done') {
      if (step !== undefined) this.context.step(step);
      return true;
    }
    this.#lose(kind === 'cleared' ? { kind } : undefined);
    return false;
  }

  #isWritten({ kind }: Written, step: RunStep): boolean {
    if (kind === 'written') {
      this.context.step(step);
      return true;
    }
    this.#lose(kind === 'refused' ? { kind: 'cleared' } : undefined);
    return false;
  }

  #unanswered(): CaughtUp {
    this.#lose();
    return { kind: 'failed', message: 'etcd did not answer' };
  }

  /** The first cause counts: what is refused afterwards follows from it. */
  #lose(loss: Loss = { kind: 'silence', forMs: this.#membership?.presence.silentMs ?? 0 }): void {
    this.#loss ??= loss;
    this.#stop.abort();
  }
}
