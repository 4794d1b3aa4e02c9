import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { openToAppend } from '../files/append-file.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import { pause } from '../host/pause.js';
import { fateOf, markOf } from '../host/process-fate.js';
import { RUN_VARIABLE } from '../processes/members.js';
import { survivorsOf } from '../processes/survivors.js';
import type { JobRecord, JobRecords } from './job-record.js';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** How the process of a job ended. */
export type JobEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  /** It no longer exists, and how it ended is unknown. */
  | { readonly kind: 'vanished' };

/** It may still run; this scheduler has stopped waiting for it, and the next one waits again. */
export interface LeftAlone {
  readonly kind: 'left';
}

/** A job whose process runs, or has run. */
export interface Job {
  readonly record: JobRecord;
  /**
   * Where its standard output goes, if that is known; absolute. Not in the record, which others may have written: what stands
   * there is quoted in a mail.
   */
  readonly log: string | undefined;
  readonly ended: Promise<JobEnd | LeftAlone>;
  /** Has the run end what it has started, and then itself. Its locks stay, as after every interruption. */
  readonly interrupt: () => void;
  /** It may go on when we end. */
  readonly abandon: () => void;
}

/** A job that we have started ourselves, so that we see how it ends. */
export interface StartedJob extends Job {
  readonly ended: Promise<JobEnd>;
}

/** What to start. */
export interface JobOrder {
  readonly build: string;
  readonly argv: readonly [string, ...string[]];
  /** As a person would type it. */
  readonly command: string;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly user: string;
  /** Where standard output goes: to the end of a file, or where ours goes, of which a file may be known. */
  readonly output:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'ours'; readonly path: string | undefined };
}

/**
 * Starts a run as a process of its own, as cron does: in a session of its own, so that no key at a terminal reaches it,
 * without standard input, and with its standard error kept for the mail. It keeps running when we die.
 *
 * @throws the system's error, for example ENOSPC; then nothing runs
 */
export function startJob(order: JobOrder, records: JobRecords, host: Host, now: Date): StartedJob {
  const { build, argv, command, directory, environment, user, output } = order;
  const id = randomBytes(8).toString('hex');
  const record: JobRecord = {
    id,
    build,
    command,
    user,
    host: host.name,
    ...(host.bootId !== undefined && { bootId: host.bootId }),
    keeper: markOf(host.pid, host),
    began: now.toISOString(),
    ...(output.path !== undefined && { outputStart: lstatSync(output.path, { throwIfNoEntry: false })?.size ?? 0 }),
  };
  records.write(record);
  const descriptors: number[] = [];
  try {
    const stderr = openSync(records.stderrOf(record), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0o660);
    descriptors.push(stderr);
    if (output.kind === 'file') {
      descriptors.push(openToAppend(output.path));
    }
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...environment, [RUN_VARIABLE]: id },
      stdio: ['ignore', descriptors[1] ?? 'inherit', stderr],
      // A session of its own, as under cron; see above.
      detached: true,
    });
    const ended = new Promise<JobEnd>((resolve, reject) => {
      child.once('error', reject); // no process, or none that we may signal
      child.once('exit', (code, signal) => {
        resolve(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signalled', signal });
      });
    });
    const { pid } = child;
    const common = { log: output.path, ended, abandon: () => child.unref() };
    if (pid === undefined) return { record, ...common, interrupt: () => undefined };
    const started = { ...record, ...markOf(pid, host) };
    try {
      records.write(started);
    } catch {
      // A full disk; it runs, and is found by its environment if we die.
    }
    return { record: started, ...common, interrupt: () => signalTo(pid) };
  } catch (error) {
    records.remove(record);
    throw error;
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

/** Between looks at a process that is not our child. */
const LOOK_MS = 5000;

export interface AdoptedJob extends Job {
  /** Whether its process is there now. */
  readonly isThere: () => boolean;
}

/** The jobs on this host whose scheduler has died, so that no process waits for their end. */
export function orphans(records: JobRecords, host: Host): JobRecord[] {
  return records.of(host.name).filter(({ bootId, keeper }) => fateOf({ bootId, ...keeper }, host) !== 'running');
}

/**
 * A job whose scheduler has died.
 *
 * @param log where its standard output goes, if that is known
 * @param until fires when this scheduler stops waiting for it, too
 */
export function adoptJob(record: JobRecord, log: string | undefined, host: Host, until: AbortSignal): AdoptedJob {
  const pid = record.pid ?? survivorsOf(record.id)[0]?.pid;
  const { bootId, processStart } = record;
  const isThere = (): boolean => pid !== undefined && fateOf({ bootId, pid, processStart }, host) === 'running';
  const ended = async (): Promise<JobEnd | LeftAlone> => {
    while (isThere()) {
      if (until.aborted) return { kind: 'left' };
      await pause(LOOK_MS, until);
    }
    return { kind: 'vanished' };
  };
  const interrupt = (): void => {
    if (pid !== undefined && isThere()) signalTo(pid);
  };
  return { record, log, ended: ended(), interrupt, abandon: () => undefined, isThere };
}

function signalTo(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
