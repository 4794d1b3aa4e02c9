import { randomBytes } from 'node:crypto';
import type { Coordination, Primary, Project } from '../config/project.js';
import type { Line, LineStep } from '../coordination/line.js';
import type { LineJournal } from '../coordination/line-journal.js';
import { Membership } from '../coordination/membership.js';
import type { RunWriter } from '../coordination/run-writer.js';
import { UPDATE } from './names.js';
import { beginPrimary, endRun, endUpdate } from './protocol.js';
import { logOf, newRun, type Run } from './run.js';
import type { RunContext } from './run-context.js';
import { stageLockText } from './stage-lock.js';
import { openStageLog, type StageLog } from './stage-log.js';
import { ensureLayout } from './temporary.js';

/** How the ids of a migration's runs begin: by this its locks are known when it has died. */
const MIGRATION = 'migrate-';

/** Whether a migration has made a lock, as its record says. */
export function isOfMigration(record: { readonly run: string } | undefined): boolean {
  return record?.run.startsWith(MIGRATION) === true;
}

/** What a migration holds of one build. */
export interface HeldPlace {
  readonly build: Primary;
  /** What was moved is written there, too. */
  readonly log: StageLog;
  /** With what it writes in etcd; undefined for a follower, whose build is only on this host. */
  readonly shared: { readonly writer: RunWriter; readonly line: Line; readonly journal: LineJournal } | undefined;
}

interface Place extends HeldPlace {
  readonly run: Run<Primary>;
  readonly membership: Membership | undefined;
}

/**
 * Keeps all runs away while a project moves: of each primary that makes updates, and of each follower, a run that builds nothing. It
 * begins as any other one does, in the files of this host first and in etcd afterwards, so no further protocol is needed:
 *
 * - A run that begins right now is either earlier, and its locks are seen; or later, and is held off by `running`. A secondary or
 *   a follower of another host that comes waits for `update`, and finds the project moved.
 * - Two migrations at once are two runs of one primary: one of them finds the locks of the other.
 * - One that dies leaves its locks on both sides, where they keep all runs away until it is run again, which knows them by the ids
 *   of their runs and by the death of their process, and clears them as a person would.
 * - One whose locks a person has cleared meanwhile, or whose lease was over, can write nothing more in etcd: each of its writes compares
 *   its own locks. What it has written into files is by itself right: records under their numbers, and cursors of what was built.
 */
export class MigrationHold {
  readonly #places: Place[] = [];

  get places(): readonly HeldPlace[] {
    return this.#places;
  }

  /** The ids of its runs. */
  get runs(): ReadonlySet<string> {
    return new Set(this.#places.map(({ run }) => run.context.run));
  }

  /**
   * Of several one after the other, and it waits for none: with `in-the-way`, those before it are held.
   *
   * @throws EtcdError, LockError, the system's error
   */
  async take(project: Project, coordination: Coordination, context: RunContext): Promise<'held' | 'in-the-way'> {
    for (const build of project.builds.values()) {
      if (build.role !== 'primary' || build.update === undefined) continue;
      if (!(await this.#begin(build, coordination, context))) return 'in-the-way';
    }
    return 'held';
  }

  async #begin(build: Primary, coordination: Coordination, context: RunContext): Promise<boolean> {
    const id = `${MIGRATION}${randomBytes(8).toString('hex')}`;
    const run = await newRun(build, ensureLayout(build.directory), { ...context, run: id });
    if ((await beginPrimary(run, logOf(run, UPDATE))).kind !== 'done') return false;
    const log = openStageLog(logOf(run, UPDATE));
    if (build.follows !== undefined) {
      this.#places.push({ build, log, run, membership: undefined, shared: undefined });
      return true;
    }
    const place = { build: build.name, primary: build.name };
    let membership: Membership;
    try {
      membership = await Membership.begin(coordination, id, place);
    } catch (error) {
      log.discard();
      letGo(run);
      throw error;
    }
    const step = await beginInEtcd(membership, run, coordination);
    if (step.kind !== 'done') {
      // What was not answered may stand there.
      await membership.end(step.kind === 'unanswered' ? 'stay' : 'gone');
      log.discard();
      letGo(run);
      return false;
    }
    this.#places.push({ build, log, run, membership, shared: membership });
    return true;
  }

  /**
   * Lets runs begin again: in etcd first, and in files afterwards, as a run ends.
   *
   * @param logs whether something was done that a person may want to read later
   * @returns false when etcd did not answer in time, or a person has cleared the locks: those in the files stay then
   */
  async release(logs: 'keep' | 'discard'): Promise<boolean> {
    let isWhole = true;
    for (const { run, log, membership } of this.#places.splice(0).reverse()) {
      const ended = membership === undefined || (await membership.line.end()).kind === 'done';
      isWhole &&= ended;
      await membership?.end(ended ? 'gone' : 'stay');
      if (logs === 'keep') log.close();
      else log.discard();
      if (ended) letGo(run);
      else run.held.stopHeartbeat();
    }
    return isWhole;
  }

  /** Ends with everything as it stands, so that a repetition finds it. */
  async abandon(): Promise<void> {
    for (const { run, log, membership } of this.#places.splice(0)) {
      log.close();
      run.held.stopHeartbeat();
      await membership?.end('stay');
    }
  }
}

function beginInEtcd({ keys, line, presence }: Membership, run: Run, { host }: Coordination): Promise<LineStep> {
  const { leases } = presence;
  const { identity } = run.held;
  const since = run.context.now().toISOString();
  const text = (stage: string): string => stageLockText({ stage, ...identity, host, since });
  const signs = [
    { put: keys.alive(identity.run), value: host, lease: leases.alive },
    { put: keys.trace(identity.run), value: host, lease: leases.trace },
  ];
  return line.beginPrimary({ running: text('running'), update: text(UPDATE) }, signs, { evenMoved: true });
}

function letGo(run: Run<Primary>): void {
  endUpdate(run);
  endRun(run);
}
