import type { Host } from '../host/host.js';
import { commandOf, type Process, processOf } from '../host/process-table.js';
import { type Marks, markedProcesses, marksOf } from '../processes/marks.js';
import { userOf } from '../processes/user.js';
import { integer, object, optional, string, type TypeOf } from '../records/schema.js';

/** A process of a run that has no locks any more, and may read its source or write to its build directory anyway. */
export const REMNANT = object({
  /** As in stage locks. */
  host: string(),
  pid: integer(),
  /** Clock ticks since boot; with the pid it identifies a process uniquely. */
  startTicks: integer(),
  user: string(),
  /** When it was started, ISO 8601 UTC by the clock of `host`; missing where that is unknown. */
  since: optional(string()),
  command: string(),
  run: string(),
  build: string(),
  /** Missing for the run itself and the programs of its update. */
  stage: optional(string()),
});
export type Remnant = TypeOf<typeof REMNANT>;

/** Longer command lines are cut off: a link may name thousands of objects. */
const COMMAND_LENGTH = 1000;

/** What a person and a later run have to know of a process; undefined for one that has ended by now. */
export function remnantOf(
  { pid, startTicks }: Process,
  { run, build, stage }: Pick<Marks, 'run' | 'build' | 'stage'>,
  host: Host,
): Remnant | undefined {
  const facts = host.process(pid);
  const startedMs = facts.kind === 'running' ? facts.startedMs : undefined;
  const remnant = {
    host: host.name,
    pid,
    startTicks,
    user: userOf(pid) ?? 'unknown',
    ...(startedMs !== undefined && { since: new Date(Math.round(startedMs)).toISOString() }),
    command: commandOf(pid).slice(0, COMMAND_LENGTH),
    run,
    build,
    ...(stage !== undefined && { stage }),
  };
  // One that has ended meanwhile has neither user nor command, and its number may be another one's.
  return processOf(pid)?.startTicks === startTicks ? remnant : undefined;
}

/** The marked processes that are wanted, looked at more closely. */
export function remnantsWhere(wanted: (marks: Marks) => boolean, host: Host): Remnant[] {
  return markedProcesses()
    .filter(({ marks }) => wanted(marks))
    .flatMap(({ pid, marks }) => {
      const process = processOf(pid);
      if (process === undefined) return [];
      const remnant = remnantOf(process, marks, host);
      return remnant !== undefined && marksOf(pid)?.run === marks.run ? [remnant] : [];
    });
}
