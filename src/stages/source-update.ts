import { homeOf, startCursor } from '../updates/cursor.js';
import { following } from '../updates/following.js';
import { append, journalDirectory, lastHead, lastRecord } from '../updates/journal.js';
import { readMark, removeMark } from '../updates/move-mark.js';
import type { UpdateRecord } from '../updates/record.js';
import type { Fetched, FetchResult, MoveResult, VersionControl } from '../updates/version-control.js';
import { type InTheWay, workingInTheWay } from './in-the-way.js';
import { cursorOf } from './renamed-build.js';
import type { RunLine } from './run-line.js';
import type { Source } from './source.js';
import { isStillProved, proveAndRemember } from './source-proof.js';
import { type HalfMoved, markMove, repairSource } from './source-repair.js';

export type SourceUpdate =
  /** The source stands at the remote's revision, and the journal says so. */
  | {
      readonly kind: 'current';
      readonly revision: string;
      /** Its local changes, where this run has looked at all of it. */
      readonly modified: readonly string[] | undefined;
    }
  | FailedUpdate
  /** An update of an earlier run has left the source half updated, and this run could not repair it. */
  | HalfMoved
  /** The source may be half updated. */
  | { readonly kind: 'broken'; readonly message: string }
  /** Nothing was moved, because a process still reads it. */
  | (InTheWay & { readonly kind: 'in-the-way' })
  | { readonly kind: 'interrupted' };

/** Nothing was recorded that is not proved. */
interface FailedUpdate {
  readonly kind: 'failed';
  readonly message: string;
}

/** The newest record, as the start of the next. */
type Start = Pick<UpdateRecord, 'sequence' | 'revision'>;

/**
 * Brings the source of a primary up to date, proves that all of it is what the record will say, and writes the record. The
 * caller holds `update`, and no secondary is between join and leave.
 *
 * A record spans from the revision of the one before it to the one checked out now, not from what this run found: if an
 * earlier run died after it had moved the source and before it wrote that down, its commits are in this record. For
 * the same reason the very first record, the start, is written before anything moves.
 *
 * @throws the system's error when the journal cannot be written
 */
export async function updateSource(source: Source, logFile: string): Promise<SourceUpdate> {
  const { primary, checkout, stamp, context } = source;
  const started = context.now().toISOString();
  // A repair moves the source, too.
  const isMarked = readMark(journalDirectory(primary.directory)).kind !== 'none';
  const inTheWay = isMarked ? workingInTheWay({ build: primary, context }, 'source') : undefined;
  if (inTheWay !== undefined) return { kind: 'in-the-way', ...inTheWay };
  const halfMoved = await repairSource(source);
  if (context.signal.aborted) return { kind: 'interrupted' };
  if (halfMoved !== undefined) return halfMoved;
  const caughtUp = source.line === undefined ? undefined : await catchUp(source, source.line, isMarked);
  if (caughtUp !== undefined && 'failed' in caughtUp) return caughtUp.failed;
  const system = caughtUp?.system ?? source.system;
  const start = await startOf(source, started);
  if ('kind' in start) return context.signal.aborted ? { kind: 'interrupted' } : start;
  const cursor = cursorOf(primary, primary, context);
  if (cursor.kind === 'lost') return { kind: 'failed', message: cursor.message };
  // Before the first update, so that the primary's first report has it.
  if (cursor.kind === 'none') {
    startCursor(primary.directory, primary.name, start.sequence, homeOf(primary.directory));
  }

  const attempt = { source: { ...source, system }, start, started, logFile };
  const fetched = caughtUp?.fetched ?? (await system.fetch(checkout, stamp.asOf));
  context.step('update: fetched');
  if (context.signal.aborted) return { kind: 'interrupted' };
  if (fetched.kind === 'failed') return isMarked ? recordRepaired(attempt, fetched) : fetched;
  const moved = fetched.news ? await move(attempt.source, fetched, logFile) : undefined;
  if (moved?.kind === 'broken' || moved?.kind === 'in-the-way') return moved;
  if (context.signal.aborted) return { kind: 'interrupted' };
  if (moved?.kind === 'failed') {
    if (isMarked || moved.repaired) return recordRepaired(attempt, moved);
    unmark(source); // nothing was touched
    return moved;
  }
  const revision = moved?.revision ?? fetched.target ?? (await headOf(source, start));
  const isTouched = moved !== undefined || isMarked;
  if (!isTouched && revision === start.revision && isStillProved(source, revision)) {
    return { kind: 'current', revision, modified: undefined };
  }
  return proveAndRecord(attempt, revision);
}

/** What a build whose updates hosts share goes on from. */
interface Shared {
  readonly system: VersionControl;
  readonly fetched: FetchResult;
}

/**
 * Asks the other side first, so that nothing is copied that could not be checked out: the builds of this host would wait for
 * a source that does not come.
 */
async function catchUp(
  source: Source,
  line: RunLine,
  isMarked: boolean,
): Promise<Shared | { readonly failed: SourceUpdate }> {
  const { system, checkout, stamp, context } = source;
  const fetched = await system.fetch(checkout, line.follows === undefined ? stamp.asOf : undefined);
  if (context.signal.aborted) return { failed: { kind: 'interrupted' } };
  // What an earlier run has moved, a primary records also while the other side is away.
  if (fetched.kind === 'failed' && (line.follows !== undefined || !isMarked)) return { failed: fetched };
  const caught = await line.catchUp();
  if (context.signal.aborted) return { failed: { kind: 'interrupted' } };
  if (caught.kind === 'failed') return { failed: caught };
  context.step('update: caught up');
  if (line.follows === undefined || caught.head === undefined || fetched.kind === 'failed') return { system, fetched };
  const { revision, sequence } = caught.head;
  const followed = following(system, revision, `record ${sequence} of ${line.follows} says`);
  return { system: followed.system, fetched: followed.targetOf(fetched) };
}

/** What an update works with from its beginning on. */
interface Attempt {
  readonly source: Source;
  readonly start: Start;
  readonly started: string;
  readonly logFile: string;
}

/**
 * After an update that failed, in a source that was repaired. What an earlier run had moved and not recorded must not stay
 * unrecorded until the remote answers again, because secondaries do not build it before. Where nothing was repaired, nothing
 * is recorded: whatever the tree is at, a person has brought it there.
 */
async function recordRepaired(attempt: Attempt, failed: FailedUpdate): Promise<SourceUpdate> {
  const { system, checkout } = attempt.source;
  const head = await system.currentRevision(checkout);
  if (head.kind === 'failed') return failed;
  const recorded = await proveAndRecord(attempt, head.revision);
  return recorded.kind === 'current' ? failed : recorded;
}

/**
 * Records a revision, once the tree has been proved to be that. What an update can repair without losing a person's
 * changes is repaired at once. A process that dies here has recorded it or has not; the mark, if any, stays until then.
 */
async function proveAndRecord(attempt: Attempt, revision: string): Promise<SourceUpdate> {
  const { source, logFile } = attempt;
  const { signal } = source.context;
  let proof = await proveAndRemember(source, revision);
  if (signal.aborted) return { kind: 'interrupted' };
  if (proof.kind === 'not-proved' && proof.mendable) {
    const moved = await move(source, { kind: 'fetched', head: revision, target: revision, news: true }, logFile);
    if (signal.aborted) return { kind: 'interrupted' };
    if (moved.kind === 'failed') unmark(source);
    if (moved.kind !== 'moved') return moved;
    proof = await proveAndRemember(source, revision);
    if (signal.aborted) return { kind: 'interrupted' };
  }
  if (proof.kind === 'not-proved') {
    // Nothing is half updated: the next run, which finds it at another revision than the recorded one, asks for the proof again.
    unmark(source);
    return { kind: 'failed', message: proof.message };
  }
  const recorded = await recordUpdate(attempt, revision, proof.modified);
  // Also where the commits could not be fetched: the tree is complete, and the next run asks for them again.
  if (recorded.kind !== 'interrupted') unmark(source);
  return recorded;
}

/**
 * The house-keeping of the version control system. Not part of the update, because it may take minutes, during which the
 * secondaries would have to wait.
 */
export function tidySource({ system, checkout }: Source): Promise<void> {
  return system.tidy(checkout);
}

type Moved =
  | Extract<MoveResult, { kind: 'moved' }>
  /** `repaired`: it broke off, and the source was made whole again. */
  | (FailedUpdate & { readonly repaired: boolean })
  | Extract<SourceUpdate, { kind: 'broken' | 'in-the-way' }>;

/** One that broke off is repaired at once where that is possible: the source is then whole, and the update has failed. */
async function move(source: Source, fetched: Fetched, logFile: string): Promise<Moved> {
  const { primary, system, checkout, context } = source;
  const inTheWay = workingInTheWay({ build: primary, context }, 'source');
  if (inTheWay !== undefined) return { kind: 'in-the-way', ...inTheWay };
  const moved = await system.move(checkout, fetched, (local) => {
    markMove(source, fetched, local, logFile);
    context.step('update: moving');
  });
  context.step('update: moved');
  if (moved.kind === 'refused') return { kind: 'failed', message: moved.message, repaired: false };
  if (moved.kind === 'moved' || context.signal.aborted) return moved;
  const halfMoved = await repairSource(source);
  if (halfMoved === undefined) return { kind: 'failed', message: `${moved.message}\n(${REPAIRED})`, repaired: true };
  return { kind: 'broken', message: `${moved.message}\n${halfMoved.message}` };
}

const REPAIRED = 'the files that it had touched were restored, and the source is complete';

/** The journal says what the source is; if the process dies right before this, the next run proves the source once more. */
function unmark({ primary, context }: Source): void {
  removeMark(journalDirectory(primary.directory));
  context.step('update: unmarked');
}

/** What is checked out; if that is unknown, what it was, so that nothing is recorded. */
async function headOf({ system, checkout }: Source, start: Start): Promise<string> {
  const head = await system.currentRevision(checkout);
  return head.kind === 'revision' ? head.revision : start.revision;
}

/**
 * Writes the record from the last one's revision to the present one, if they differ. The source has moved and nothing
 * says so yet: any failure here leaves `update` and is repaired by the next run, whose record begins at the
 * same start.
 */
async function recordUpdate(attempt: Attempt, present: string, modified: readonly string[]): Promise<SourceUpdate> {
  const current = { kind: 'current', revision: present, modified } as const;
  const { source, started } = attempt;
  if (present === attempt.start.revision) return current;
  if (attempt.source.line?.follows !== undefined) return strayed(attempt, present);
  const { primary, system, checkout, stamp, context } = source;
  const start = wholeStart(attempt);
  const changes = await system.changesBetween(checkout, start.revision, present);
  if (context.signal.aborted) return { kind: 'interrupted' };
  if (changes.kind === 'failed') return { kind: 'failed', message: changes.message };
  if (!changes.complete) {
    const text = `${start.revision}, the last recorded revision of ${primary.source}, no longer exists; the next report names only the newest commit`;
    context.report({ kind: 'warning', text });
  }
  const record: UpdateRecord = {
    format: 1,
    sequence: start.sequence + 1,
    buildstamp: stamp.text,
    type: system.type,
    prior: start.revision,
    revision: present,
    started,
    ended: context.now().toISOString(),
    changes: changes.changes,
    ...(modified.length > 0 && { modified }),
  };
  if (!(await write(source, record))) return { kind: 'interrupted' };
  context.step('update: recorded');
  return current;
}

/** Only its primary makes records: a follower is at the revision of one, or has failed. */
function strayed({ source: { primary, line }, start }: Attempt, present: string): FailedUpdate {
  const message = [
    `${primary.source} is at ${present}, and the record of ${line?.follows} says ${start.revision}`,
    'What takes parts from elsewhere at their newest revision (svn:externals without a revision) cannot be followed.',
  ].join('\n');
  return { kind: 'failed', message };
}

async function startOf(
  source: Source,
  started: string,
): Promise<Start | Extract<SourceUpdate, { kind: 'failed' | 'interrupted' }>> {
  const { primary, system, checkout, stamp, context } = source;
  const newest = lastHead(journalDirectory(primary.directory));
  for (const problem of newest.problems) context.report({ kind: 'warning', text: problem.message });
  if (newest.record !== undefined) return { sequence: newest.sequence, revision: newest.record.revision };
  const head = await system.currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const sequence = newest.sequence + 1;
  const { revision } = head;
  const times = { started, ended: context.now().toISOString() };
  const where = { prior: revision, revision, changes: [] };
  const record: UpdateRecord = { format: 1, sequence, buildstamp: stamp.text, type: system.type, ...where, ...times };
  if (!(await write(source, record))) return { kind: 'interrupted' };
  context.step('update: start recorded');
  return { sequence, revision };
}

/**
 * The last record that is whole: who finds another one damaged in its middle, which decisions do not look at, spans it, as all that
 * cannot be read.
 */
function wholeStart({ source: { primary, context }, start }: Attempt): Start {
  const { record, problems } = lastRecord(journalDirectory(primary.directory));
  if (record === undefined || record.revision === start.revision) return start;
  for (const problem of problems) context.report({ kind: 'warning', text: problem.message });
  return { ...start, revision: record.revision };
}

/**
 * Where hosts share the updates, the record is in etcd before it is here: what this host alone knew, another one that goes on would
 * not. A process that dies between the two copies it from there in its next run.
 *
 * @returns false when the run has to end; nothing was recorded then
 */
async function write({ primary, line }: Source, record: UpdateRecord): Promise<boolean> {
  if (line !== undefined && !(await line.publish(record))) return false;
  if (append(journalDirectory(primary.directory), record) === 'exists') {
    throw new Error(
      `Record ${record.sequence} of ${journalDirectory(primary.directory)} exists already, although this run holds the update lock`,
    );
  }
  return true;
}
