import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { endProcesses } from '../processes/termination.js';
import { journalDirectory } from '../updates/journal.js';
import { readMark } from '../updates/move-mark.js';
import { judgeRun } from './fate.js';
import { notedInTheWay, workingInTheWay } from './in-the-way.js';
import type { Remnant } from './remnant.js';
import { forgetNote } from './remnants-note.js';
import { asRemnant, isOneOf, processesOf, type Runs, runsOf } from './run-processes.js';
import { sectionFor } from './section.js';
import { type LockStatus, locksOf } from './status.js';
import { temporariesOf } from './unlock.js';

/** What `kill` finds of the runs of a build. */
export interface Living {
  readonly runs: Runs;
  /** What lives of them on this host, the oldest first. */
  readonly processes: readonly Remnant[];
  /** What only another host can tell and end. */
  readonly elsewhere: readonly Elsewhere[];
  readonly locks: readonly LockStatus[];
}

export interface Elsewhere {
  readonly host: string;
  readonly pid: number;
  readonly user: string;
}

/**
 * Looks for everything that lives of the runs of a build, whether they still have their locks or not: by the locks, by what
 * `unlock --force` has noted, by an update that broke off, and by the marks of processes that work in its build directory.
 *
 * @throws the system's error when a directory cannot be read
 */
export function livingRuns(build: Build, host: Host): Living {
  const locks = locksOf(build).map((lock) => ({ ...lock, judgement: judgeRun(lock.record, host) }));
  const noted = (notedInTheWay(build, host)?.remnants ?? []).filter((remnant) => remnant.build === build.name);
  const working = workingInTheWay({ build, context: { host, run: '' } }, 'directory')?.remnants ?? [];
  const found = runsOf(build, locks, host);
  const marked = build.role === 'primary' ? readMark(journalDirectory(build.directory)) : undefined;
  const moving = marked?.kind === 'mark' && marked.mark.host === host.name ? [marked.mark.run] : [];
  const here = noted.filter((remnant) => remnant.host === host.name);
  const runs: Runs = {
    build,
    ids: new Set([...found.ids, ...moving, ...here.map(({ run }) => run), ...working.map(({ run }) => run)]),
    // A run whose locks were taken away; that it is one is looked at once more.
    owners: new Map([
      ...found.owners,
      ...here.flatMap(({ stage, pid, startTicks }) => (stage === undefined ? [[pid, startTicks] as const] : [])),
    ]),
  };
  const processes = processesOf(runs).flatMap((process) => asRemnant(process, runs, locks, host) ?? []);
  const owners = locks.flatMap(({ record }) => (record !== undefined && record.host !== host.name ? [record] : []));
  const foreign = [...owners, ...noted.filter((remnant) => remnant.host !== host.name)];
  const elsewhere = new Map(
    foreign.map(({ host: where, pid, user }) => [`${where} ${pid}`, { host: where, pid, user }]),
  );
  return { runs, processes, elsewhere: [...elsewhere.values()], locks };
}

/**
 * Ends the processes of these runs on this host. A live run gets TERM first, alone, so that it ends its stage in order; its
 * locks stay. Then everything left of it, and of the dead ones, gets TERM, and KILL after the grace. A run that one of their stages
 * started gets TERM and ends its own stage; KILL goes to all of it.
 *
 * Removes no lock. If this process dies in between, `kill` may be called again.
 */
export async function endRuns({ runs }: Living, host: Host): Promise<void> {
  const { build, ids, owners } = runs;
  const graceMs = Math.max(...build.stages.map((stage) => stage.graceMs), MIN_GRACE_MS);
  const members = () => processesOf(runs);
  const tops = () => members().filter((process) => isOneOf(owners, process));
  if (tops().length > 0) await endProcesses(tops, tops, graceMs + ORDERLY_MS);
  const told = () => members().filter(({ marks }) => marks === undefined || ids.has(marks.run));
  await endProcesses(told, members, graceMs);
  for (const temporary of temporariesOf(build))
    await forgetNote({ temporary, build: build.name }, host, sectionFor(build));
}

/** Between TERM and KILL, for a build without stages. */
const MIN_GRACE_MS = 1000;
/** What a run needs besides, to kill its stage and write down that it was interrupted. */
const ORDERLY_MS = 6000;
