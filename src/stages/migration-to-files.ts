import type { Primary, Project } from '../config/project.js';
import { catchingUp } from '../coordination/catching-up.js';
import type { LineJournal } from '../coordination/line-journal.js';
import { cursorFile, homeOf, readCursor, writeCursor } from '../updates/cursor.js';
import { append, journalDirectory, newestSequences, recordsAfter } from '../updates/journal.js';
import type { UpdateRecord } from '../updates/record.js';
import { type Move, NotMovable, updatesText } from './migration-move.js';
import { contradiction, headHere, type InEtcd } from './migration-to-etcd.js';

/** No journal has more records that are not pruned: what stands in etcd may be any number. */
const MOST_RECORDS = 100_000;

/**
 * What a primary takes back into its files: the records that it has not got here, and how far its followers are, which may become
 * its secondaries. Nothing is removed by that.
 *
 * A process that dies in between leaves some of it, which is right by itself; the next one does the rest.
 *
 * @throws NotMovable, EtcdError, LineJournalError
 */
export async function primaryToFiles(
  primary: Primary,
  project: Project,
  there: InEtcd,
  journal: LineJournal,
): Promise<readonly Move[]> {
  const { name, directory } = primary;
  const here = headHere(primary);
  const course = catchingUp('primary', here, there.head);
  const files = journalDirectory(directory);
  if (course.kind === 'contradiction') throw contradiction(files, course);
  if (there.head === undefined) return [{ build: name, text: 'etcd has nothing of it' }];
  const followers = [...there.cursors].filter(([build]) => build !== name && mayTake(project, build, there));
  const missing = await missingHere(
    files,
    there.head.sequence,
    [here?.sequence ?? there.head.sequence - 1, ...followers.map(([, record]) => record)],
    journal,
  );
  const [first, last] = [missing[0]?.sequence, missing.at(-1)?.sequence];
  const moves: Move[] =
    first === undefined || last === undefined
      ? [{ build: name, text: `has all updates up to ${there.head.sequence} in ${files} already` }]
      : [
          {
            build: name,
            verb: 'copy',
            text: `${updatesText(first, last)} from etcd to ${files}`,
            act: async () => {
              for (const record of missing) append(files, record);
            },
          },
        ];
  for (const [build, record] of followers) {
    const read = readCursor(directory, build);
    if (read.kind === 'cursor' && read.cursor.completed && read.cursor.record >= record) continue;
    const own = project.builds.get(build);
    moves.push({
      build,
      verb: 'record',
      text: `its place after update ${record} in ${cursorFile(directory, build)}`,
      act: async () => {
        const home = own && homeOf(own.directory);
        writeCursor(directory, build, { format: 1, record, completed: true, ...(home && { home }) });
      },
    });
  }
  return moves;
}

/** A secondary of this host has its own place in the files, whatever a build of its name has elsewhere. */
function mayTake({ builds }: Project, build: string, { head, cursors }: InEtcd): boolean {
  const record = cursors.get(build) ?? 0;
  const newest = head?.sequence ?? 0;
  if (record > newest || newest - record > MOST_RECORDS) {
    throw new NotMovable(`etcd says that ${build} has built update ${record}, and the newest one is ${newest}`);
  }
  return builds.get(build)?.role !== 'secondary' && /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(build);
}

/** The records that the files lack after the least of these numbers, oldest first. */
async function missingHere(
  files: string,
  newest: number,
  stands: readonly number[],
  journal: LineJournal,
): Promise<readonly UpdateRecord[]> {
  const from = Math.min(...stands);
  if (newest - from > MOST_RECORDS) throw new NotMovable(`${newest - from} updates are missing in ${files}`);
  const there = new Set(newestSequences(files, MOST_RECORDS));
  const lacking: number[] = [];
  for (let sequence = from + 1; sequence <= newest; sequence++) if (!there.has(sequence)) lacking.push(sequence);
  const [first] = lacking;
  if (first === undefined) return [];
  const wanted = new Set(lacking);
  return (await journal.after(first - 1)).filter(({ sequence }) => wanted.has(sequence));
}

/**
 * Whether the files of a primary have all that etcd has of it, so that this may go from there.
 *
 * @throws NotMovable where they have not
 */
export function proveFiles({ name, directory }: Primary, project: Project, there: InEtcd): void {
  const files = journalDirectory(directory);
  for (const [build, record] of there.cursors) {
    if (build === name || !mayTake(project, build, there)) continue;
    const read = readCursor(directory, build);
    const isThere = read.kind === 'cursor' && read.cursor.record >= record;
    if (!isThere || recordsAfter(files, record).kind === 'lost') {
      throw new NotMovable(`${files} has not all that ${build} needs after update ${record}`);
    }
  }
}
