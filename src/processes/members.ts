import { hasInEnvironment, type Process, processTable } from '../host/process-table.js';

/** In the environment of everything that a run starts: the random id of the run. */
export const RUN_VARIABLE = 'STAGELOCK_RUN';

/**
 * Those of the processes that belong together: the roots, and whatever descends from one of them, whatever it has done
 * to its environment, its group and its user. Without ourselves and what is above us, which cannot be meant. The
 * oldest first, and so every parent before its children.
 *
 * A process that cleaned its environment and whose parent is dead is only found if it descends from a living root: the
 * keeper of a stage is one, since orphans become its children.
 *
 * @param isRoot asked of each process once
 * @param ourselves whose pid
 */
export function membersAmong(
  processes: readonly Process[],
  isRoot: (process: Process) => boolean,
  ourselves: number,
): Process[] {
  const above = lineOf(ourselves, processes);
  const children = new Map<number, Process[]>();
  for (const process of processes) {
    const siblings = children.get(process.parent);
    if (siblings === undefined) children.set(process.parent, [process]);
    else siblings.push(process);
  }
  const members = new Set<Process>();
  const found = processes.filter((process) => !above.has(process.pid) && isRoot(process));
  for (let next = found.pop(); next !== undefined; next = found.pop()) {
    if (members.has(next) || above.has(next.pid)) continue;
    members.add(next);
    found.push(...(children.get(next.pid) ?? []));
  }
  return [...members].toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/** The processes of this host that belong to a run, alive or dead: those that have its id, and their descendants. */
export function membersOfRun(run: string): Process[] {
  const mark = [`${RUN_VARIABLE}=${run}`];
  return membersAmong(processTable(), ({ pid }) => hasInEnvironment(pid, mark), process.pid);
}

/** A process and those above it. */
function lineOf(pid: number, processes: readonly Process[]): Set<number> {
  const parents = new Map(processes.map((process) => [process.pid, process.parent]));
  const line = new Set<number>();
  for (let one: number | undefined = pid; one !== undefined && !line.has(one); one = parents.get(one)) line.add(one);
  return line;
}
