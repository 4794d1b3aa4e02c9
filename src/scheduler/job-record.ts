import { lstatSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeAbandoned } from '../files/abandoned.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import {
  count,
  integer,
  object,
  optional,
  parseRecord,
  recordText,
  string,
  type TypeOf,
  time,
} from '../records/schema.js';

/*
 * A job is one run of a build as a process, whose end has to be reported:
 *
 *     jobs/<id>.json      what it is; made before its process
 *     jobs/<id>.stderr    what the process has to say
 *
 * Both are removed when the job has ended and its mail is in the spool. The next scheduler on the same host takes over the jobs
 * of one that died.
 */

const ID = /^[0-9a-f]{16}$/;

/** What is known of a job while it runs. Times are ISO 8601. */
const JOB = object({
  /** Random; also in the environment of its process. */
  id: string(ID),
  build: string(),
  /** As a person would type it. */
  command: string(),
  user: string(),
  host: string(),
  bootId: optional(string()),
  /** Absent when the scheduler died between writing the record and starting the process. */
  pid: optional(integer()),
  /** In clock ticks since boot. */
  processStart: optional(integer()),
  /** The scheduler that started it, and waits for its end. */
  keeper: object({ pid: integer(), processStart: optional(integer()) }),
  began: time,
  /** How long the file of its standard output was then, in bytes: what is before that other runs have written. */
  outputStart: optional(count),
});
export type JobRecord = TypeOf<typeof JOB>;

/** `jobs`, below the directory of the project's schedulers. */
export class JobRecords {
  readonly #directory: string;

  constructor(state: string) {
    this.#directory = join(state, 'jobs');
  }

  /** @throws the system's error, for example ENOSPC */
  write(record: JobRecord): void {
    ensureDirectory(this.#directory);
    replaceAtomically(join(this.#directory, `${record.id}.json`), recordText(JOB, record, 2), 0o660);
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
    const record = parseRecord(JOB, readRegularFile(path, 64 * 1024) ?? '');
    if (record === undefined || !path.endsWith(`/${record.id}.json`)) return undefined;
    return lstatSync(path).uid === process.geteuid?.() ? record : undefined;
  } catch {
    return undefined;
  }
}
