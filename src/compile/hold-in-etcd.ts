import type { Coordination } from '../config/project.js';
import { describeAhead } from '../coordination/ahead-text.js';
import { claimantOf } from '../coordination/claimant.js';
import { CutOff } from '../coordination/cut-off.js';
import { Keys } from '../coordination/keys.js';
import { type Acquisition, type Ahead, type Common, NamedLock } from '../coordination/named-lock.js';
import { EtcdError } from '../etcd/error.js';
import { Etcd } from '../etcd/etcd.js';
import { Leash } from '../locks/index.js';
import { IN_ETCD } from '../tables/locks.js';
import { formatDuration } from '../text/duration.js';
import type { Argv } from './argv.js';
import { appendWait } from './contention-log.js';
import type { Hold, Produced, Production } from './production.js';

/** The lock of a target in etcd, and how it is waited for. */
export interface HoldingInEtcd {
  readonly coordination: Coordination;
  /** What all hosts call the target. */
  readonly name: string;
  readonly target: string;
  readonly command: Argv;
  /** Fires when this process was told to stop. */
  readonly stop: AbortSignal;
  /** Between two messages about a wait, in milliseconds. */
  readonly warnMs: number;
  /** For so long those ahead may stay the same, in milliseconds. */
  readonly overdueMs: number;
  /** Where waits are recorded; undefined for nowhere. */
  readonly log: string | undefined;
  readonly onWarning: (text: string) => void;
  /** Where this process holds it for another one, whose command it is; by default with a connection of its own. */
  readonly agent?: { readonly pid: number; readonly connect: () => Promise<EtcdConnection> };
}

/** A connection to etcd, and what its locks have in common. */
export interface EtcdConnection {
  readonly etcd: Etcd;
  readonly common?: Common;
  close(): Promise<void>;
}

const UNPROTECTED = { kind: 'unprotected', lock: 'not-held' } as const;

/**
 * Holds a lock by its name in etcd.
 *
 * If this process dies, its command dies with it (see {@link Leash}), nothing is put in place, and the lease runs out. If etcd is away for
 * too long, the command ends before another host can get the lock, and nothing is put in place; so it is if the claim was removed,
 * which is asked right before. What is left unprotected is the instant between that answer and the rename, in a process that
 * stands still for at least a third of the lease just then.
 */
export function holdInEtcd(holding: HoldingInEtcd): Hold {
  return (work) => new Holding(holding, work).run();
}

type Work = Parameters<Hold>[0];

class Holding {
  readonly #given: HoldingInEtcd;
  readonly #work: Work;
  readonly #began = performance.now();
  #first: Ahead | undefined;

  constructor(given: HoldingInEtcd, work: Work) {
    this.#given = given;
    this.#work = work;
  }

  async run(): Promise<Production> {
    let connection: EtcdConnection;
    try {
      connection = await this.#connect();
    } catch (error) {
      return this.#failed(error);
    }
    try {
      return await this.#holding(connection);
    } finally {
      await connection.close();
    }
  }

  async #connect(): Promise<EtcdConnection> {
    const { agent, coordination } = this.#given;
    if (agent !== undefined) return agent.connect();
    const etcd = new Etcd(coordination);
    return { etcd, close: () => etcd.close() };
  }

  async #holding(connection: EtcdConnection): Promise<Production> {
    const { stop, target, onWarning, overdueMs } = this.#given;
    const stalled = new Stalled(this.#given);
    let acquisition: Acquisition;
    try {
      acquisition = await this.#acquire(connection, stalled);
    } catch (error) {
      return this.#failed(error);
    } finally {
      stalled.close();
    }
    if (acquisition.kind === 'acquired') return this.#under(acquisition.lock);
    if (acquisition.kind === 'lost') return this.#away('etcd has not answered for longer than the lease is', true);
    if (stop.aborted) return { kind: 'interrupted', lock: 'not-held' };
    const who = describeAhead(stalled.ahead).join('; ');
    onWarning(`${target} was not compiled: for ${formatDuration(overdueMs)} its lock has been claimed by ${who}`);
    return UNPROTECTED;
  }

  #acquire({ etcd, common }: EtcdConnection, stalled: Stalled): Promise<Acquisition> {
    const { coordination, name, command, stop, agent } = this.#given;
    return NamedLock.acquire(etcd, new Keys(coordination.prefix), {
      name,
      claim: { kind: 'exclusive' },
      claimant: claimantOf(coordination.host, command, agent?.pid),
      leaseMs: coordination.leaseMs,
      timeoutMs: Number.POSITIVE_INFINITY,
      signal: AbortSignal.any([stop, stalled.signal]),
      ...(common !== undefined && { common }),
      onWaiting: (ahead) => {
        this.#first ??= ahead[0];
        stalled.changed(ahead);
      },
    });
  }

  #failed(error: unknown): Promise<Production> {
    if (!(error instanceof EtcdError)) throw error;
    return this.#away(error.message, error.kind !== 'refused');
  }

  /** @param isAbsence whether etcd is away, rather than refusing it */
  async #away(why: string, isAbsence: boolean): Promise<Production> {
    const { target, coordination, onWarning } = this.#given;
    if (!isAbsence || coordination.whenAway !== 'compile') {
      onWarning(`${target} was not compiled, because etcd could not be asked for its lock: ${why}`);
      return UNPROTECTED;
    }
    onWarning(
      `${target} is compiled without its lock (when_away = "compile"), because etcd could not be asked: ${why}`,
    );
    return { ...(await this.#unconditionally()), lock: 'not-held' };
  }

  async #under(lock: NamedLock): Promise<Production> {
    const begun = performance.now();
    const { whenAway } = this.#given.coordination;
    // What is compiled twice is then preferred to what is not compiled.
    const produced = await (whenAway === 'compile' ? this.#unconditionally() : this.#ending(lock)).catch(
      async (error: unknown) => {
        await lock.release();
        throw error;
      },
    );
    const released = await lock.release();
    this.#record(begun);
    if (released === 'lost' && produced.kind !== 'unprotected') this.#reportLost();
    return { ...produced, lock: 'not-held' };
  }

  /** Whatever becomes of the lease. */
  #unconditionally(): Promise<Produced> {
    return this.#tied((leash) => this.#work({ stop: this.#given.stop, ties: { leash } }));
  }

  async #ending(lock: NamedLock): Promise<Produced> {
    const { coordination, target, stop, onWarning } = this.#given;
    const cutOff = new CutOff(lock, coordination.leaseMs);
    const mayPublish = (): Promise<boolean> => lock.isHeld();
    let produced: Produced;
    try {
      produced = await this.#tied((leash) =>
        this.#work({
          stop: AbortSignal.any([stop, cutOff.soon]),
          ties: { leash, atOnce: cutOff.atOnce },
          mayPublish,
        }),
      );
    } finally {
      cutOff.close();
    }
    const wasCutOff = produced.kind === 'interrupted' && !stop.aborted;
    if (!wasCutOff && produced.kind !== 'unprotected') return produced;
    const why = lock.lost.aborted ? 'etcd did not renew the lease of its lock in time' : 'its lock in etcd was removed';
    onWarning(`${target} was not put in its place, because ${why}; another host may compile it now`);
    return { kind: 'unprotected' };
  }

  /** The command of this process is tied to it. */
  async #tied(work: (leash: Leash | undefined) => Promise<Produced>): Promise<Produced> {
    if (this.#given.agent !== undefined) return work(undefined);
    const leash = Leash.make(undefined);
    try {
      return await work(leash);
    } finally {
      leash.takeOff();
    }
  }

  #record(begun: number): void {
    const { log, target, onWarning } = this.#given;
    if (log === undefined || this.#first === undefined) return;
    const { record } = this.#first;
    const now = performance.now();
    const problem = appendWait(log, {
      lock: { target, strategy: IN_ETCD },
      owner: record === undefined ? undefined : `${record.host}:${record.pid}`,
      waitedMs: begun - this.#began,
      heldMs: now - begun,
      now: Date.now(),
    });
    if (problem !== undefined) onWarning(problem);
  }

  #reportLost(): void {
    const { target, onWarning } = this.#given;
    onWarning(`the lease of the lock of ${target} ran out while it was held; it may have been compiled twice at once`);
  }
}

/** Reports a wait from time to time, and ends one in which nothing moves. */
class Stalled {
  readonly #given: HoldingInEtcd;
  readonly #began = performance.now();
  readonly #over = new AbortController();
  #alarm: NodeJS.Timeout | undefined;
  #reports: NodeJS.Timeout | undefined;
  ahead: readonly Ahead[] = [];

  constructor(given: HoldingInEtcd) {
    this.#given = given;
  }

  /** Fires when those ahead have been the same for too long. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  changed(ahead: readonly Ahead[]): void {
    const { warnMs, overdueMs } = this.#given;
    this.ahead = ahead;
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.#over.abort(), overdueMs);
    this.#reports ??= setInterval(() => this.#report(), warnMs);
  }

  close(): void {
    clearTimeout(this.#alarm);
    clearInterval(this.#reports);
  }

  #report(): void {
    const { target, onWarning } = this.#given;
    const who = describeAhead(this.ahead).join('; ');
    const waited = formatDuration(performance.now() - this.#began);
    onWarning(`waiting for the lock on ${target} in etcd: claimed by ${who}; waited ${waited}`);
  }
}
