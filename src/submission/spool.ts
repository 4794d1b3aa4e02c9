import { constants, copyFileSync, linkSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isAbandoned } from '../files/abandoned.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';

/*
 * A spool is a directory with one directory for each submission that has not been delivered as a whole:
 *
 *     00000007-81920/submission.json    of which build, and how often it was tried
 *     00000007-81920/2-Build.xml        what is still to be sent, in this order
 *
 * The name says when it is its turn and how many bytes it had, so that a look at the names is enough to decide who is next and
 * whether there are too many; one that an earlier version has put there has no bytes in its name. A submission appears by one rename, with everything in it. A file goes when the other side has confirmed it,
 * `submission.json` after the last of them.
 */

/** What is known of a submission besides its files. */
export interface SubmissionFacts {
  readonly site: string;
  /** What dashboards call the build. */
  readonly build: string;
  /** `20020131-1121-Nightly` */
  readonly stamp: string;
  /** When it was put into the spool; ISO 8601, UTC. */
  readonly since: string;
  /** Runs that have tried in vain since something of it was last delivered. */
  readonly tries: number;
  /** When the last of them did. */
  readonly tried?: string;
  /** No attempt before this time: the server has asked for it. */
  readonly notBefore?: string;
  /** How often the server did not want the first of its files. */
  readonly refusals: number;
  /** What CDash calls the build, once it has said so. */
  readonly buildId?: string;
}

/** A submission in the spool. */
export interface Submission extends SubmissionFacts {
  /** Its directory. */
  readonly path: string;
  /** What is still to be sent, in order. */
  readonly files: readonly SpooledFile[];
  readonly bytes: number;
}

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

const FACTS = 'submission.json';
const NUMBERED = /^(\d{8})(?:-(\d{1,15}))?$/;
const NUMBERED_FILE = /^\d{1,4}-([A-Za-z0-9._-]+\.xml)$/;

/**
 * Puts reports into the spool. They get a second name there, so that it costs no room and a later run of the same stamp
 * does not change them; where the file system has no hard links they are copied.
 *
 * A process that dies in here leaves a directory that {@link tidySpool} removes.
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
 * in it fails, and to take the place of an emptied one would have it removed by whoever has emptied it. */
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
  return Number(NUMBERED.exec(namesIn(spool).findLast((name) => NUMBERED.test(name)) ?? '')?.[1] ?? 0);
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

/** Everything in a spool that is not delivered. Empty when there is no spool. @throws the system's error */
export function readSpool(spool: string): SpoolContent {
  const submissions: Submission[] = [];
  const problems: string[] = [];
  for (const name of namesIn(spool).filter((name) => NUMBERED.test(name))) {
    const path = join(spool, name);
    const read = readSubmission(path);
    if (typeof read === 'string') problems.push(read);
    else if (read !== undefined) submissions.push(read);
  }
  return { submissions, problems };
}

/** The directories of all submissions, in the order in which they are delivered; none of them is looked into. @throws the system's error */
export function queueIn(spool: string): string[] {
  return namesIn(spool)
    .filter((name) => NUMBERED.test(name))
    .map((name) => join(spool, name));
}

/** How many bytes a submission had when it came, by its name where that says it. @param path of {@link queueIn} */
export function bytesOf(path: string): number {
  const [, , bytes] = NUMBERED.exec(basename(path)) ?? [];
  return bytes === undefined ? bytesIn(path) : Number(bytes);
}

/** What is in a spool, in all, by a look at the names and at the first of them. @throws the system's error */
export function waitingIn(spool: string): Waiting {
  const queue = queueIn(spool);
  const [first] = queue;
  const read = first === undefined ? undefined : readSubmission(first);
  return {
    count: queue.length,
    bytes: queue.reduce((sum, path) => sum + bytesOf(path), 0),
    oldest: typeof read === 'object' ? read : undefined,
  };
}

/** Whether anything is in a spool; much cheaper than {@link readSpool}, since every run asks. @throws the system's error */
export function hasSubmissions(spool: string): boolean {
  return namesIn(spool).some((name) => NUMBERED.test(name));
}

/** @returns what is in the way, for a person to look at; undefined when it has been delivered. @throws the system's error */
export function readSubmission(path: string): Submission | string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    return `${path} is in the way: it is no directory; remove it`;
  }
  const names = namesIn(path);
  if (isFinished(names)) return undefined;
  const facts = readFacts(path);
  if (facts === undefined) return `${join(path, FACTS)} cannot be read, so ${path} cannot be delivered; remove it`;
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
  return !names.some((name) => name === FACTS || NUMBERED_FILE.test(name));
}

/** Remembers something of a submission. @throws the system's error; what was known before then stays */
export function writeFacts(path: string, facts: SubmissionFacts): void {
  const { site, build, stamp, since, tries, tried, notBefore, refusals, buildId } = facts;
  const record = { site, build, stamp, since, tries, tried, notBefore, refusals, buildId };
  replaceAtomically(join(path, FACTS), `${JSON.stringify(record, undefined, 2)}\n`);
}

function readFacts(path: string): SubmissionFacts | undefined {
  try {
    const value: unknown = JSON.parse(readRegularFile(join(path, FACTS), 64 * 1024) ?? '');
    return isFacts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isFacts(value: unknown): value is SubmissionFacts {
  if (typeof value !== 'object' || value === null) return false;
  const facts = value as Record<keyof SubmissionFacts, unknown>;
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '';
  const isTime = (time: unknown): boolean => typeof time === 'string' && !Number.isNaN(Date.parse(time));
  return (
    [facts.site, facts.build, facts.stamp].every(isText) &&
    isTime(facts.since) &&
    [facts.tries, facts.refusals].every((count) => typeof count === 'number' && count >= 0) &&
    [facts.tried, facts.notBefore].every((time) => time === undefined || isTime(time)) &&
    (facts.buildId === undefined || isText(facts.buildId))
  );
}

/** A file that the other side has confirmed. A process that dies before this sends it once more. */
export function dropFile({ path }: SpooledFile): void {
  removeIfThere(path);
}

/** A submission of which nothing is left to send, or that is given up. @throws the system's error */
export function dropSubmission({ path, files }: Pick<Submission, 'path' | 'files'>): void {
  for (const file of files) dropFile(file);
  removeIfThere(join(path, FACTS));
  // A temporary of a process that died may be left; a new submission takes no place that is not empty.
  rmSync(path, { recursive: true, force: true });
}

/** Removes what processes have left that died while they put something into a spool. @param nowMs milliseconds since 1970 */
export function tidySpool(spool: string, nowMs: number): void {
  for (const name of namesIn(spool).filter((name) => name.endsWith('.tmp'))) {
    const path = join(spool, name);
    const changedMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (changedMs !== undefined && isAbandoned(name, { changedMs, nowMs }, thisHost())) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
