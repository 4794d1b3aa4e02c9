import { lstatSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeAbandoned } from '../files/abandoned.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';

/*
 * A job is one run of a build as a process, whose end has to be reported:
 *
 *     jobs/<id>.json      what it is; made before its process
 *     jobs/<id>.stderr    what the process has to say
 *
 * Both are removed when the job has ended and its mail is in the spool. The next scheduler on the same host takes over the jobs
 * of one that died.
 */

/** What is known of a job while it runs. Times are ISO 8601. */
export interface JobRecord {
  /** Random; also in the environment of its process. */
  readonly id: string;
  readonly build: string;
  /** As a person would type it. */
  readonly command: string;
  readonly user: string;
  readonly host: string;
  readonly bootId?: string;
  /** Absent when the scheduler died between writing the record and starting the process. */
  readonly pid?: number;
  /** In clock ticks since boot. */
  readonly processStart?: number;
  /** The scheduler that started it, and waits for its end. */
  readonly keeper: { readonly pid: number; readonly processStart?: number };
  readonly began: string;
}

/** `jobs`, below the directory of the project's schedulers. */
export class JobRecords {
  readonly #directory: string;

  constructor(state: string) {
    this.#directory = join(state, 'jobs');
  }

  /** @throws the system's error, for example ENOSPC */
  write(record: JobRecord): void {
    ensureDirectory(this.#directory);
    replaceAtomically(join(this.#directory, `${record.id}.json`), `${JSON.stringify(record, undefined, 2)}\n`, 0o660);
  }

  /** Removes what was left by processes that died while they wrote here. @param nowMs milliseconds since 1970 */
  tidy(nowMs: number): void {
    for (const directory of [this.#directory, dirname(this.#directory)]) removeAbandoned(directory, nowMs);
  }

  stderrOf({ id }: JobRecord): string {
    return join(this.#directory, `${id}.stderr`);
  }

  /** Those of a host and of our user, oldest first: another user's we cannot signal or read, and they may be planted. */
  of(host: string): JobRecord[] {
    return namesIn(this.#directory)
      .flatMap((name) => (ID_FILE.test(name) ? (readRecord(join(this.#directory, name)) ?? []) : []))
      .filter((record) => record.host === host)
      .sort((a, b) => (a.began < b.began ? -1 : 1));
  }

  remove(record: JobRecord): void {
    // The record last: without it the other file would never be found.
    rmSync(this.stderrOf(record), { force: true });
    rmSync(join(this.#directory, `${record.id}.json`), { force: true });
  }
}

const ID_FILE = /^[0-9a-f]{16}\.json$/;

function readRecord(path: string): JobRecord | undefined {
  try {
    const value: unknown = JSON.parse(readRegularFile(path, 64 * 1024) ?? '');
    if (!isRecord(value) || !path.endsWith(`/${value.id}.json`)) return undefined;
    return lstatSync(path).uid === process.geteuid?.() ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is JobRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { id, build, command, user, host, bootId, pid, processStart, keeper, began } = value as Record<string, unknown>;
  const optional = (entry: unknown, type: string): boolean => entry === undefined || typeof entry === type;
  return (
    [id, build, command, user, host, began].every((entry) => typeof entry === 'string') &&
    !Number.isNaN(Date.parse(String(began))) &&
    optional(bootId, 'string') &&
    optional(pid, 'number') &&
    optional(processStart, 'number') &&
    typeof keeper === 'object' &&
    keeper !== null &&
    'pid' in keeper &&
    typeof keeper.pid === 'number'
  );
}
