import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, linkSync, lstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { openLock, type Strategy } from '../locks/index.js';
import type { Worker } from './crew.js';
import { failureOf } from './failure.js';
import { type Attempt, type Finding, type Race, SIGHT_LIMIT_MS, type Sight, TURN_PATIENCE_MS } from './finding.js';
import { allOf, errorsOf, handOverOf, raceOf } from './tally.js';
import type { Tasks } from './task.js';

/** At least two, so that they can be in each other's way. */
export type Team = readonly [Worker, Worker, ...Worker[]];

/** The test directory as one side sees it, and the workers that use it there. */
export interface Post {
  /** The directory of the user, for messages. */
  readonly directory: string;
  readonly path: string;
  readonly workers: Team;
  /** The host name in the locks that its workers make. */
  readonly host: string;
}

/** How much is tried; more on local disks, which are faster, than over a network. */
export interface Extent {
  readonly names: number;
  readonly replaceMs: number;
  readonly turnsMs: number;
}

/** Most sections of one worker: enough to see overlaps, and to end early on a fast file system. */
const MOST_TURNS = 40;
/** Orders take an instant to arrive, and all workers must begin at the same time. */
const HEAD_START_MS = 150;
/** How long the other side looks before there is something to see, so that it has cached that there is nothing. */
const LOOK_FIRST_MS = 300;

const soon = (): number => Date.now() + HEAD_START_MS;

/** Whether what is written on one side appears on the other. */
export async function seesTheSame(here: Post, there: Post): Promise<Finding> {
  const content = randomBytes(16).toString('hex');
  const put = await here.workers[0].ask('put', { path: join(here.path, 'token'), content });
  if (put.kind === 'failed') return { check: 'same directory', result: put };
  const seen = await atMost(there.workers[0], { path: join(there.path, 'token'), content });
  const result: Attempt<{ seenMs: number | null }> =
    seen.kind === 'failed' ? seen : { kind: 'done', seenMs: delayOf(seen.atMs, put.atMs) };
  return { check: 'same directory', result };
}

/** Has a worker look for a change that has been made already. */
async function atMost(worker: Worker, what: Tasks['see']['request']): Promise<Attempt<Tasks['see']['reply']>> {
  return endLook(worker, worker.ask('see', what));
}

/** Lets a look go on for the limit from now on, and not longer. */
async function endLook<T>(worker: Worker, look: Promise<T>): Promise<T> {
  const timer = setTimeout(() => void worker.ask('enough', {}), SIGHT_LIMIT_MS);
  try {
    return await look;
  } finally {
    clearTimeout(timer);
  }
}

/** It may have been seen before the process that made it learned so. */
function delayOf(seenMs: number | null, madeMs: number): number | null {
  return seenMs === null ? null : Math.max(0, seenMs - madeMs);
}

export async function race(posts: readonly Post[], room: string, names: number): Promise<Attempt<Race>> {
  const startAt = soon();
  const make = room === 'files' ? 'file' : 'directory';
  const answers = posts.flatMap(({ path, workers }) =>
    workers.map((worker) => worker.ask('race', { directory: join(path, room), names, make, startAt })),
  );
  const replies = allOf(await Promise.all(answers));
  return replies.kind === 'failed' ? replies : { kind: 'done', ...raceOf(replies.all, names) };
}

/** One of the first side replaces a file, all others read it. */
export async function replaceUnderReaders(posts: readonly Post[], room: string, forMs: number): Promise<Finding> {
  const check = 'rename over a file';
  const [writer, ...readers] = posts.flatMap(({ path, workers }) =>
    workers.map((worker) => ({ worker, path: join(path, room, 'product') })),
  );
  if (writer === undefined) throw new Error('no process to write');
  const first = await writer.worker.ask('replace', { path: writer.path, startAt: 0, forMs: 1 });
  if (first.kind === 'failed') return { check, result: first };
  const startAt = soon();
  // The readers end first, so that all of their reads are made while the file is being replaced.
  const [written, ...read] = await Promise.all([
    writer.worker.ask('replace', { path: writer.path, startAt, forMs: forMs + 100 }),
    ...readers.map(({ worker, path }) => worker.ask('read', { path, startAt, forMs })),
  ]);
  if (written.kind === 'failed') return { check, result: written };
  const replies = allOf(read);
  if (replies.kind === 'failed') return { check, result: replies };
  const sum = (count: 'reads' | 'missing' | 'torn'): number =>
    replies.all.reduce((total, reply) => total + reply[count], 0);
  const errors = errorsOf(replies.all.map((reply) => reply.errors));
  const reads = { reads: sum('reads'), missing: sum('missing'), torn: sum('torn'), errors };
  return { check, result: { ...written, ...reads } };
}

export function hardLinks(post: Post, room: string): Finding {
  const path = join(post.path, room, 'file');
  const attempt = (): Attempt<{ supported: boolean }> => {
    try {
      closeSync(openSync(path, 'wx'));
      linkSync(path, `${path}.link`);
      return { kind: 'done', supported: lstatSync(path).nlink === 2 };
    } catch (error) {
      const code = errorCode(error) ?? '';
      return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'].includes(code)
        ? { kind: 'done', supported: false }
        : failureOf(error);
    }
  };
  return { check: 'hard links', result: attempt() };
}

/** The least of several measurements errs by half the time that making a file takes. */
export function clockOfServer(post: Post, room: string): Finding {
  const check = 'clock of the server';
  let best = { errorMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
  try {
    for (let number = 0; number < 5; number++) {
      const before = Date.now();
      const fd = openSync(join(post.path, room, String(number)), 'wx');
      const errorMs = (Date.now() - before) / 2;
      if (errorMs < best.errorMs) best = { errorMs, offsetMs: fstatSync(fd).mtimeMs - before - errorMs };
      closeSync(fd);
    }
  } catch (error) {
    return { check, result: failureOf(error) };
  }
  return { check, result: { kind: 'done', offsetMs: best.offsetMs } };
}

/** Which group and permissions a lock gets, as they come out after umask, SGID and mount options. */
export function groupAndMode(post: Post, room: string): Finding {
  const check = 'group and mode';
  try {
    const directory = statSync(post.directory);
    const lock = openLock(join(post.path, room, 'target'), { strategy: 'lockdir' });
    const held = lock.try();
    if (held === undefined) throw new Error('the lock could not be acquired');
    const made = lstatSync(lock.path);
    const record = lstatSync(join(lock.path, 'pid'));
    held.release();
    const sharing = {
      directoryMode: directory.mode & 0o7777,
      directoryGroup: directory.gid,
      lockDirectoryMode: made.mode & 0o777,
      recordMode: record.mode & 0o777,
      lockGroup: made.gid,
    };
    return { check, result: { kind: 'done', ...sharing } };
  } catch (error) {
    return { check, result: failureOf(error) };
  }
}

/** How late a new, a changed and a removed file of one side are seen on the other, which keeps looking. */
export async function sight(from: Post, of: Post, room: string): Promise<Finding> {
  const finding = (result: Attempt<Sight>): Finding => ({
    check: 'sight of the other side',
    from: from.directory,
    of: of.directory,
    result,
  });
  const seeing = join(from.path, room, 'file');
  const making = join(of.path, room, 'file');
  const delay = async (content: string | null): Promise<Attempt<{ ms: number | null }>> => {
    const eye = from.workers[1];
    const look = eye.ask('see', { path: seeing, content });
    await new Promise((resolve) => setTimeout(resolve, LOOK_FIRST_MS));
    const [worker] = of.workers;
    const made = await (content === null
      ? worker.ask('remove', { path: making })
      : worker.ask('put', { path: making, content }));
    const seen = await endLook(eye, look);
    if (made.kind === 'failed') return made;
    if (seen.kind === 'failed') return seen;
    return { kind: 'done', ms: delayOf(seen.atMs, made.atMs) };
  };
  const creation = await delay('one');
  if (creation.kind === 'failed') return finding(creation);
  if (creation.ms === null) return finding({ kind: 'done', creationMs: null });
  const change = await delay('two');
  if (change.kind === 'failed') return finding(change);
  if (change.ms === null) return finding({ kind: 'done', creationMs: creation.ms, changeMs: null });
  const removal = await delay(null);
  if (removal.kind === 'failed') return finding(removal);
  return finding({ kind: 'done', creationMs: creation.ms, changeMs: change.ms, removalMs: removal.ms });
}

/** Whether a lock that one process holds is refused to another one, each of another side if there are two. */
export async function heldLock(
  posts: readonly Post[],
  room: string,
  strategy: 'flock' | 'fcntl',
): Promise<Attempt<{ excludes: boolean }>> {
  const [first, last] = [posts[0], posts.at(-1)];
  if (first === undefined || last === undefined) throw new Error('no process to lock');
  const holder = first.workers[0];
  const other = last.workers[1];
  const mine = await holder.ask('hold', { target: join(first.path, room, 'target'), strategy });
  if (mine.kind === 'failed') return mine;
  const refused = await other.ask('hold', { target: join(last.path, room, 'target'), strategy });
  await holder.ask('release', {});
  await other.ask('release', {});
  if (refused.kind === 'failed') return refused;
  return { kind: 'done', excludes: mine.held && !refused.held };
}

export async function handOver(
  posts: readonly Post[],
  room: string,
  strategy: Strategy,
  forMs: number,
): Promise<Finding> {
  const startAt = soon();
  const turns = { strategy, most: MOST_TURNS, forMs, patienceMs: TURN_PATIENCE_MS, startAt };
  const answers = posts.flatMap(({ path, workers, host }) =>
    workers.map((worker) => worker.ask('turns', { ...turns, target: join(path, room, 'target'), host })),
  );
  const replies = allOf(await Promise.all(answers));
  const result = replies.kind === 'failed' ? replies : ({ kind: 'done', ...handOverOf(replies.all) } as const);
  return { check: 'hand-over', strategy, result };
}

/** The workers of the other side stand for another host: there, no process could look up ours by their pids. */
export function hostNames(): readonly [string, string] {
  const { name } = thisHost();
  return [name, `${name}-peer`];
}
