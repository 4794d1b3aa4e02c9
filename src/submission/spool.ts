import { constants, copyFileSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import { count, object, optional, parseRecord, recordText, string, type TypeOf, time } from '../records/schema.js';
import type { Entry } from '../spool/entry.js';
import { Spool } from '../spool/spool.js';

/*
 * A spool is a directory with one directory for each submission that has not been delivered as a whole:
 *
 *     00000007-81920/submission.json    of which build, and how often it was tried
 *     00000007-81920/2-Build.xml        what is still to be sent, in this order
 *
 * The name says when it is its turn, how many bytes it had, and after a failed attempt when that was, so that a look at the
 * names is enough to decide who is next, when, and whether there are too many; one that an earlier version has put there has
 * no bytes in its name. A submission appears by one rename, with everything in it. A file goes when the other side has
 * confirmed it, `submission.json` after the last of them.
 */

const text = string(/^./su);

/** What is known of a submission besides its files. */
const FACTS = object({
  site: text,
  /** What dashboards call the build. */
  build: text,
  /** `20020131-1121-Nightly` */
  stamp: text,
  /** When it was put into the spool; ISO 8601, UTC. */
  since: time,
  /** Runs whose attempts failed since something of it was last delivered. */
  tries: count,
  /** When the last of them did. */
  tried: optional(time),
  /** No attempt before this time: the server has asked for it. */
  notBefore: optional(time),
  /** How often the server did not want the first of its files. */
  refusals: count,
  /** What CDash calls the build, once it has said so. */
  buildId: optional(text),
});
export type SubmissionFacts = TypeOf<typeof FACTS>;

/** A submission in the spool. */
export type Submission = SubmissionFacts & {
  /** Its directory. */
  readonly path: string;
  /** What is still to be sent, in order. */
  readonly files: readonly SpooledFile[];
  readonly bytes: number;
};

export interface SpooledFile {
  readonly path: string;
  /** `Build.xml` */
  readonly name: string;
  readonly bytes: number;
}

/** What waits in a spool, in all. */
export interface Waiting {
  /** How many submissions. */
  readonly count: number;
  readonly bytes: number;
  /** The one that is delivered first; undefined when there is none, or it cannot be read. */
  readonly oldest: Submission | undefined;
}

/** What stands in a spool. */
export interface SpoolContent {
  /** Oldest first. */
  readonly submissions: readonly Submission[];
  /** What is in the way, for a person to look at. */
  readonly problems: readonly string[];
}

/** `Testing/Spool` of a build. */
export function spoolOf(buildDirectory: string): string {
  return join(buildDirectory, 'Testing', 'Spool');
}

const FACTS_FILE = 'submission.json';
const NUMBERED = /^(\d{8})(?:-(\d{1,15}))?$/;
const NUMBERED_FILE = /^\d{1,4}-([A-Za-z0-9._-]+\.xml)$/;

/**
 * Puts reports into the spool. They get a second name there, so that it costs no room and a later run of the same stamp
 * does not change them; where the file system has no hard links they are copied.
 *
 * A process that dies here leaves a directory that {@link tidySpool} removes.
 *
 * @param files absolute paths, in the order in which they are to be sent
 * @throws the system's error, for example ENOSPC; then nothing of them is in the spool
 */
export function addSubmission(spool: string, facts: SubmissionFacts, files: readonly string[]): void {
  ensureDirectory(spool);
  const temporary = join(spool, temporaryName());
  mkdirSync(temporary, 0o775);
  try {
    files.forEach((file, index) => {
      const [name] = file.split('/').slice(-1);
      linkOrCopy(file, join(temporary, `${index + 1}-${name}`));
    });
    writeFacts(temporary, facts);
    placeLast(spool, temporary, bytesIn(temporary));
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** The next free number is its place in the queue; two that come at once may get the same one. rename(2) onto a directory with files
 * in it fails, and to take the place of an emptied one would have it removed by the process that emptied it. */
function placeLast(spool: string, temporary: string, bytes: number): void {
  for (let number = lastNumber(spool) + 1; ; number++) {
    try {
      renameSync(temporary, join(spool, `${String(number).padStart(8, '0')}-${bytes}`));
      return;
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }
}

function lastNumber(spool: string): number {
  return Number(NUMBERED.exec(submissionsIn(spool).entries().at(-1)?.stem ?? '')?.[1] ?? 0);
}

function bytesIn(directory: string): number {
  const files = namesIn(directory).filter((name) => NUMBERED_FILE.test(name));
  return files.reduce((sum, name) => sum + (lstatSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOSPC') throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** The submissions of a spool as a delivery sees them. */
export function submissionsIn(spool: string): Spool<Submission> {
  return new Spool(spool, { stem: NUMBERED, extension: '', bytesOf, read: readSubmission });
}

/** Everything in a spool that is not delivered. Empty when there is no spool. @throws the system's error */
export function readSpool(spool: string): SpoolContent {
  const { items, problems } = submissionsIn(spool).readAll();
  return { submissions: items, problems };
}

/** How many bytes a submission had when it came, by its name where that says it. */
function bytesOf({ stem, path }: Entry): number {
  const [, , bytes] = NUMBERED.exec(stem) ?? [];
  return bytes === undefined ? bytesIn(path) : Number(bytes);
}

/** What is in a spool, in all, by a look at the names and at the first of them. @throws the system's error */
export function waitingIn(spool: string): Waiting {
  const queue = submissionsIn(spool).entries();
  const [first] = queue;
  const read = first === undefined ? undefined : readSubmission(first.path);
  return {
    count: queue.length,
    bytes: queue.reduce((sum, entry) => sum + bytesOf(entry), 0),
    oldest: typeof read === 'object' ? read : undefined,
  };
}

/** Whether anything is in a spool; much cheaper than {@link readSpool}, since every run asks. @throws the system's error */
export function hasSubmissions(spool: string): boolean {
  return !submissionsIn(spool).isEmpty();
}

/** @returns what is in the way, for a person to look at; undefined when it has been delivered. @throws the system's error */
function readSubmission(path: string): Submission | string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return `${path} is in the way: it is no directory; remove it`;
  }
  const names = namesIn(path);
  if (isFinished(names)) return undefined;
  const facts = readFacts(path);
  if (facts === undefined) return `${join(path, FACTS_FILE)} cannot be read, so ${path} cannot be delivered; remove it`;
  const files = names
    .flatMap((name) => {
      const match = NUMBERED_FILE.exec(name);
      const stat = match === null ? undefined : lstatSync(join(path, name), { throwIfNoEntry: false });
      return match?.[1] === undefined || stat === undefined
        ? []
        : [{ path: join(path, name), name: match[1], bytes: stat.size, number: Number.parseInt(name, 10) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ path, name, bytes }) => ({ path, name, bytes }));
  return { ...facts, path, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** What a process leaves that died at the very end of a delivery: nothing, or its temporary. */
function isFinished(names: readonly string[]): boolean {
  return !names.some((name) => name === FACTS_FILE || NUMBERED_FILE.test(name));
}

/** Remembers something of a submission. @throws the system's error; what was known before then stays */
export function writeFacts(path: string, facts: SubmissionFacts): void {
  replaceAtomically(join(path, FACTS_FILE), recordText(FACTS, facts, 2));
}

function readFacts(path: string): SubmissionFacts | undefined {
  try {
    return parseRecord(FACTS, readRegularFile(join(path, FACTS_FILE), 64 * 1024) ?? '');
  } catch {
    return undefined;
  }
}

/** A file that the other side has confirmed. A process that dies before this sends it once more. */
export function dropFile({ path }: SpooledFile): void {
  removeIfThere(path);
}

/** A submission of which nothing is left to send, or that is given up. @throws the system's error */
export function dropSubmission({ path, files }: Pick<Submission, 'path' | 'files'>): void {
  for (const file of files) dropFile(file);
  removeIfThere(join(path, FACTS_FILE));
  // A temporary of a process that died may be left; a new submission takes no place that is not empty.
  rmSync(path, { recursive: true, force: true });
}
