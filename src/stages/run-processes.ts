import { basename } from 'node:path';
import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { isOfBoot } from '../host/process-fate.js';
import { argumentsOf, type Process, processOf, processTable } from '../host/process-table.js';
import { type Marks, markedProcesses } from '../processes/marks.js';
import { membersAmong } from '../processes/members.js';
import { judgeRun } from './fate.js';
import { RUNNING, UPDATE } from './names.js';
import { type Remnant, remnantOf } from './remnant.js';
import type { FoundStageLock, StageLockRecord } from './stage-lock.js';

/** The runs of one build on this host whose processes are looked for. */
export interface Runs {
  readonly build: Build;
  readonly ids: ReadonlySet<string>;
  /** The processes of stagelock itself: when each was started, in ticks since boot, by its pid. */
  readonly owners: ReadonlyMap<number, number>;
}

/** A process of one of the runs. */
export interface RunProcess extends Process {
  /** Undefined for the run itself and for what has cleaned its environment. */
  readonly marks: Marks | undefined;
}

/** The runs that stage locks name, as far as they are of this host and of its present boot. */
export function runsOf(build: Build, locks: readonly FoundStageLock[], host: Host): Runs {
  const records = locks.flatMap(({ record }) => (record !== undefined && isHere(record, host) ? [record] : []));
  const living = records.filter((record) => judgeRun(record, host).fate === 'alive');
  return {
    build,
    ids: new Set(records.map(({ run }) => run)),
    owners: new Map(
      living.flatMap(({ pid, processStart = processOf(pid)?.startTicks }) =>
        processStart === undefined ? [] : [[pid, processStart] as const],
      ),
    ),
  };
}

/** One of them, in the form for a person and for a later run; undefined if it has ended by now. */
export function asRemnant(
  process: RunProcess,
  { build, owners }: Runs,
  locks: readonly FoundStageLock[],
  host: Host,
): Remnant | undefined {
  const run = locks.find(({ record }) => record?.pid === process.pid)?.record?.run;
  if (isOneOf(owners, process)) {
    return remnantOf(process, { run: run ?? process.marks?.run ?? '', build: build.name, stage: undefined }, host);
  }
  return remnantOf(process, process.marks ?? unmarked(locks), host);
}

/** Whose a process is that does not say so itself: of the stage that was at work, if one was. */
function unmarked(locks: readonly FoundStageLock[]): Pick<Marks, 'run' | 'build' | 'stage'> {
  const lock = locks.find(({ name }) => !name.startsWith(RUNNING)) ?? locks[0];
  const stage = lock === undefined || lock.name === UPDATE || lock.name.startsWith(RUNNING) ? undefined : lock.name;
  return { run: lock?.record?.run ?? '', build: lock?.record?.build ?? '', stage };
}

function isHere(record: StageLockRecord, host: Host): boolean {
  return record.host === host.name && isOfBoot(record, host);
}

/**
 * Everything that lives of these runs, the oldest first: what bears their marks, the run itself, and what descends from either.
 *
 * A stage lock is writable by the group, so its run's id alone proves nothing: the processes must be of this build directory, too,
 * or, for a secondary that looks at the source of its primary, of that one's.
 */
export function processesOf({ build, ids, owners }: Runs): RunProcess[] {
  const directories = new Set([build.directory, ...(build.role === 'secondary' ? [build.primary.directory] : [])]);
  const marked = new Map(markedProcesses().map(({ pid, marks }) => [pid, marks]));
  const isOwn = (marks: Marks | undefined): boolean =>
    marks !== undefined && ids.has(marks.run) && directories.has(marks.directory);
  const processes = processTable();
  const named = processes.filter((one) => isOneOf(owners, one) && isRun(one.pid, processes, marked, ids));
  const isRoot = ({ pid }: Process): boolean => isOwn(marked.get(pid)) || named.some((owner) => owner.pid === pid);
  return membersAmong(processes, isRoot, process.pid).map((member) => ({ ...member, marks: marked.get(member.pid) }));
}

/** Whether a process is one of these, and not another one with its number. */
export function isOneOf(owners: Runs['owners'], { pid, startTicks }: Pick<Process, 'pid' | 'startTicks'>): boolean {
  return owners.get(pid) === startTicks;
}

/** Whether a process that a stage lock names is a run of stagelock: by its command line, or by what it has started. */
function isRun(
  pid: number,
  processes: readonly Process[],
  marked: ReadonlyMap<number, Marks>,
  ids: ReadonlySet<string>,
): boolean {
  const words = argumentsOf(pid);
  if (words.includes('run') && words.some((word) => basename(word).startsWith('stagelock'))) return true;
  return processes.some(({ parent, pid: child }) => parent === pid && ids.has(marked.get(child)?.run ?? ''));
}
