import type { Host } from './host.js';

/** A process of this host as a record names it: by more than its number, which another one may get. */
export interface RecordedProcess {
  readonly pid: number;
  /** Start in clock ticks since boot: with the boot it identifies a process, whatever the clocks did. */
  readonly processStart?: number | undefined;
  readonly bootId?: string | undefined;
  /** For a record without a start: the latest time at which the process can have started, by this host's clock. */
  readonly startedByMs?: number | undefined;
}

/** What has become of a process. */
export type ProcessFate =
  /** As far as the record and the host can tell. */
  | 'running'
  /** The host has been restarted since. */
  | 'restarted'
  | 'absent'
  /** It has ended; only its parent has not asked for its exit status yet. */
  | 'zombie'
  /** Its number belongs to another process, which started later. */
  | 'replaced';

/** Whether what a record of this host names is of its present boot, as far as either is known. */
export function isOfBoot({ bootId }: Pick<RecordedProcess, 'bootId'>, host: Partial<Pick<Host, 'bootId'>>): boolean {
  return bootId === undefined || host.bootId === undefined || bootId === host.bootId;
}

/** The one judge of whether a process still runs. Everything that is not known counts in favor of the process. */
export function fateOf(
  recorded: RecordedProcess,
  host: Pick<Host, 'process'> & Partial<Pick<Host, 'bootId'>>,
): ProcessFate {
  const { pid, processStart, bootId, startedByMs } = recorded;
  if (!isOfBoot({ bootId }, host)) return 'restarted';
  const facts = host.process(pid);
  if (facts.kind !== 'running') return facts.kind;
  const isAnother =
    (processStart !== undefined && facts.startTicks !== undefined && processStart !== facts.startTicks) ||
    (startedByMs !== undefined && facts.startedMs !== undefined && facts.startedMs > startedByMs);
  return isAnother ? 'replaced' : 'running';
}

/** The part of a record that identifies a process within a boot. */
export interface ProcessMark {
  readonly pid: number;
  readonly processStart?: number;
}

/** What a record says of a process that runs now. */
export function markOf(pid: number, host: Pick<Host, 'process'>): ProcessMark {
  const facts = host.process(pid);
  const start = facts.kind === 'running' ? facts.startTicks : undefined;
  return { pid, ...(start !== undefined && { processStart: start }) };
}

/** The same, with the boot. */
export function recordOf(
  pid: number,
  host: Pick<Host, 'bootId' | 'process'>,
): ProcessMark & { readonly bootId?: string } {
  return { ...markOf(pid, host), ...(host.bootId !== undefined && { bootId: host.bootId }) };
}
