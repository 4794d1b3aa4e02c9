import type { Primary, Project } from '../config/project.js';
import { type CatchingUp, catchingUp } from '../coordination/catching-up.js';
import type { LineHead, LineJournal } from '../coordination/line-journal.js';
import { readBuildId } from '../updates/build-identity.js';
import { cursorNames, homeOf, readCursor, writeCursor } from '../updates/cursor.js';
import { append, journalDirectory, lastHead, recordAt, recordsAfter } from '../updates/journal.js';
import type { UpdateRecord } from '../updates/record.js';
import { certain, type Move, NotMovable, updatesText } from './migration-move.js';

/** More than any record has, in bytes. */
const LONGEST_RECORD = 256 * 1024 * 1024;

/** What etcd has of a primary. */
export interface InEtcd {
  readonly head: LineHead | undefined;
  readonly cursors: ReadonlyMap<string, number>;
}

export async function lookAtLine(journal: LineJournal): Promise<InEtcd> {
  return { head: await journal.head(), cursors: await journal.cursors() };
}

/** The newest record of the journal on this host. */
export function headHere({ directory }: Primary): LineHead | undefined {
  const { record, sequence } = lastHead(journalDirectory(directory));
  return record && { sequence, revision: record.revision };
}

/**
 * What a primary brings into etcd: the records from the one on that its followers have come to, and how far they are. Its
 * secondaries on this host stay with its files.
 *
 * The number of the newest record comes last: a process that dies before has left records that count for nothing, which the next
 * migration removes.
 *
 * @param first the number of the oldest record in etcd
 * @returns `comesTo`: how far each build of another host will be in etcd
 * @throws NotMovable
 */
export function primaryToEtcd(
  primary: Primary,
  project: Project,
  there: InEtcd,
  first: number | undefined,
): { readonly moves: readonly Move[]; readonly comesTo: ReadonlyMap<string, number> } {
  const { name, directory } = primary;
  const here = headHere(primary);
  const former = formerSecondaries(primary, project);
  const records = recordsFor(primary, here, there.head, [...former.values()]);
  const oldest = records[0]?.sequence ?? first ?? Number.POSITIVE_INFINITY;
  const moves: Move[] = [];
  const [start, end] = [records[0]?.sequence, records.at(-1)?.sequence];
  if (start !== undefined && end !== undefined) {
    moves.push({
      build: name,
      verb: 'put',
      text: `${updatesText(start, end)} into etcd`,
      act: async (shared) => {
        if (shared === undefined) throw new Error('a primary has what it writes with');
        certain(await shared.journal.clear(shared));
        for (const record of records) certain(await shared.journal.append(record, shared, record.sequence === end));
      },
    });
  } else moves.push({ build: name, text: whyNothing(here, there.head) });
  const own = readCursor(directory, name);
  const ahead = own.kind === 'cursor' && own.cursor.completed ? [[name, own.cursor.record] as const] : [];
  const comesTo = new Map(there.cursors);
  for (const [build, record] of [...ahead, ...former]) {
    // Without the records after it, nothing would be right about it; and etcd may know of more.
    if (record < oldest || record <= (there.cursors.get(build) ?? 0)) continue;
    comesTo.set(build, record);
    moves.push({
      build,
      verb: 'record',
      text: `in etcd that it has built update ${record} of ${name}`,
      act: async (shared) => {
        if (shared === undefined) throw new Error('a primary has what it writes with');
        certain(await shared.journal.moveCursor(build, record, shared));
      },
    });
  }
  return { moves, comesTo };
}

/** What is in etcd may be newer, after a run on another host: the next run here goes on from that. */
function whyNothing(here: LineHead | undefined, there: LineHead | undefined): string {
  if (there === undefined) return 'has recorded no update yet';
  if (here === undefined || here.sequence < there.sequence) {
    return `etcd is at update ${there.sequence} already, from which its next run goes on`;
  }
  return `etcd has its updates up to ${there.sequence} already`;
}

/**
 * The builds with a cursor in the files of a primary that are no secondaries of it any more, as the configuration says: they
 * follow it now, on this host or another one, or are gone. One that has never completed a run begins as a new one does.
 *
 * @throws NotMovable where it is unknown how far one of them is
 */
function formerSecondaries({ name, directory }: Primary, { builds }: Project): Map<string, number> {
  const former = new Map<string, number>();
  for (const build of cursorNames(directory)) {
    if (build === name || builds.get(build)?.role === 'secondary') continue;
    const read = readCursor(directory, build);
    if (read.kind === 'unreadable') throw new NotMovable(read.message);
    if (read.kind === 'cursor' && read.cursor.completed) former.set(build, read.cursor.record);
  }
  return former;
}

/** @param stands the records at which builds stand that need what is after them */
function recordsFor(
  { directory }: Primary,
  here: LineHead | undefined,
  there: LineHead | undefined,
  stands: readonly number[],
): readonly UpdateRecord[] {
  const journal = journalDirectory(directory);
  const course = catchingUp('primary', here, there);
  if (course.kind === 'contradiction') throw contradiction(journal, course);
  if (course.kind !== 'publish' || here === undefined) return [];
  const from = Math.min(here.sequence, ...stands.map((stand) => Math.max(1, stand)));
  const after = recordsAfter(journal, from);
  if (after.kind === 'lost') throw new NotMovable(after.problem.message);
  const [unreadable] = after.problems;
  // Where a record is missing, nothing after it is read from etcd.
  if (unreadable !== undefined) throw new NotMovable(unreadable.message);
  const base = recordAt(journal, from, LONGEST_RECORD);
  // The builds that stand there have built what it has brought.
  const start = base && { ...base, prior: base.revision, changes: [] };
  return [...(start === undefined ? [] : [start]), ...after.records];
}

export function contradiction(journal: string, { why }: Extract<CatchingUp, { kind: 'contradiction' }>): NotMovable {
  return new NotMovable(
    [
      `the journal in ${journal} and that in etcd contradict each other: ${why}`,
      'Was etcd set back to a backup, or its data removed? Nothing is moved until a person has decided which one is right.',
    ].join('\n'),
  );
}

/**
 * What a follower of this host takes along that was a secondary before: its place in the journal, and the records after it. Without that
 * it would begin with the newest record, as a new build does.
 *
 * @param stand how far it has come, as etcd says or will say; undefined where it says nothing
 * @throws NotMovable
 */
export function followerToEtcd(
  follower: Primary,
  leader: string,
  stand: number | undefined,
  read: (after: number) => Promise<readonly UpdateRecord[]>,
): Move {
  const { name, directory } = follower;
  if (stand === undefined) {
    return { build: name, text: `begins with the newest update of ${leader} at its first run` };
  }
  const own = readCursor(directory, name);
  if (own.kind === 'unreadable') throw new NotMovable(own.message);
  if (own.kind === 'cursor' && own.cursor.completed && own.cursor.record >= stand) {
    return { build: name, text: `continues after update ${own.cursor.record} of ${leader}` };
  }
  return {
    build: name,
    verb: 'take',
    text: `its place after update ${stand} of ${leader} along into ${journalDirectory(directory)}`,
    act: async () => {
      const journal = journalDirectory(directory);
      const newest = headHere(follower)?.sequence ?? 0;
      for (const record of await read(Math.max(newest, stand - 1))) append(journal, record);
      // A directory that has never built has to build also without news.
      const completed = readBuildId(directory) !== undefined;
      const home = homeOf(directory);
      // Last: a cursor that has no records after it would say that they are lost.
      writeCursor(directory, name, { format: 1, record: stand, completed, ...(home && { home }) });
    },
  };
}
