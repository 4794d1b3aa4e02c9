import type { Build, Primary, Project } from '../config/project.js';
import { cursorNames, readCursor } from '../updates/cursor.js';
import { type JournalProblem, journalDirectory, newestRecords } from '../updates/journal.js';
import type { UpdateRecord } from '../updates/record.js';
import { primaryOf } from './primary-of.js';

/** How far one build has come. */
export interface Progress {
  readonly build: string;
  /** False for one that the configuration does not have any more. */
  readonly configured: boolean;
  /** The last record that it has built; undefined before its first run, and where its cursor cannot be read. */
  readonly record: number | undefined;
  /** Numbers of the records that its next run builds. */
  readonly pending: number;
  /** Its cursor is there and cannot be read. */
  readonly problem?: string;
}

/** The journal of a primary and how much of it each build has built. */
export interface UpdatesOverview {
  readonly primary: string;
  readonly journal: string;
  /** The number of the newest record; 0 without any. */
  readonly newest: number;
  /** The newest records, oldest first. */
  readonly records: readonly UpdateRecord[];
  readonly problems: readonly JournalProblem[];
  readonly builds: readonly Progress[];
}

/**
 * Looks at the updates of each primary of a project. Nothing is locked, so a run may add a record meanwhile.
 *
 * @param only the primary of this build alone, if given
 * @param count how many records to read
 * @throws the system's error when something is there but cannot be read
 */
export function overviewOf(project: Project, only: Build | undefined, count: number): UpdatesOverview[] {
  const wanted = only && primaryOf(only).name;
  return [...project.builds.values()]
    .filter((build) => build.role === 'primary' && (wanted === undefined || build.name === wanted))
    .map((build) => overview(project, build as Primary, count));
}

function overview(project: Project, primary: Primary, count: number): UpdatesOverview {
  const journal = journalDirectory(primary.directory);
  const { newest, records, problems } = newestRecords(journal, count);
  const configured = [...project.builds.values()].flatMap((build) =>
    build === primary || (build.role === 'secondary' && build.primary === primary) ? [build.name] : [],
  );
  const gone = cursorNames(primary.directory).filter((name) => !configured.includes(name));
  const builds = [...configured, ...gone].map((name): Progress => {
    const read = readCursor(primary.directory, name);
    const isConfigured = configured.includes(name);
    if (read.kind === 'unreadable') {
      return { build: name, configured: isConfigured, record: undefined, pending: 0, problem: read.message };
    }
    const record = read.kind === 'cursor' ? read.cursor.record : undefined;
    return {
      build: name,
      configured: isConfigured,
      record,
      pending: record === undefined ? 0 : Math.max(0, newest - record),
    };
  });
  return { primary: primary.name, journal, newest, records, problems, builds };
}
