import { dirname } from 'node:path';
import type { Build, Primary } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { updateXml, writeLastUpdateXml, writeUpdateXml } from '../reports/update-xml.js';
import { type Cursor, homeOf, startCursor } from '../updates/cursor.js';
import { headAt, journalDirectory, lastSequence, recordsAfter } from '../updates/journal.js';
import { hasNews, mergeRecords } from '../updates/merge.js';
import type { MergedUpdate } from '../updates/record.js';
import { VERSION } from '../version.js';
import { tagFileText } from './buildstamp.js';
import { primaryOf } from './primary-of.js';
import { cursorOf } from './renamed-build.js';
import type { Run } from './run.js';
import type { RunContext } from './run-context.js';

/** What a build has not built yet. */
export type Pending =
  | {
      readonly kind: 'pending';
      readonly update: MergedUpdate;
      /** Where its cursor goes when this run completes. */
      readonly upTo: number;
      /** Whether a continuous build has anything to do. */
      readonly news: boolean;
    }
  /** It cannot be said what that is; the message says what to do. */
  | { readonly kind: 'lost'; readonly message: string };

/**
 * Merges the records after the cursor of a build. The caller sees to it that the journal does not grow meanwhile: it
 * has joined, or holds `update` itself.
 *
 * A build that has no cursor starts at the present. It has news until it has completed a run.
 *
 * @param head what is checked out, to be reported while there are no records yet
 */
export function mergeUpdates({ build, context }: Run, head = ''): Pending {
  const primary = primaryOf(build);
  const journal = journalDirectory(primary.directory);
  const cursor = cursorOrStart(primary, build, context);
  if ('kind' in cursor) return cursor;
  const after = recordsAfter(journal, cursor.record);
  if (after.kind === 'lost') {
    const message = `${after.problem.message}. To start ${build.name} from the current revision, remove its cursor in ${journal}/cursors`;
    return { kind: 'lost', message };
  }
  for (const problem of after.problems) context.report({ kind: 'warning', text: problem.message });
  const passed = headAt(journal, cursor.record) ?? {
    type: primary.update?.type ?? 'git',
    revision: head,
    ended: context.now().toISOString(),
  };
  const update = mergeRecords(after.records, passed);
  const upTo = update.records.at(-1) ?? cursor.record;
  return { kind: 'pending', update, upTo, news: context.force === true || !cursor.completed || hasNews(update) };
}

/** The same, with the local changes that have been found in the tree that is built. */
export function withLocalChanges<T extends { readonly update: MergedUpdate }>(
  pending: T,
  modified: readonly string[],
): T {
  return { ...pending, update: { ...pending.update, modified, conflicting: [] } };
}

function cursorOrStart(
  primary: Primary,
  build: Build,
  context: RunContext,
): Cursor | Extract<Pending, { kind: 'lost' }> {
  const found = cursorOf(primary, build, context);
  if (found.kind === 'cursor') return found.cursor;
  if (found.kind === 'lost') return found;
  const present = lastSequence(journalDirectory(primary.directory));
  const started = startCursor(primary.directory, build.name, present, homeOf(build.directory));
  context.step('merge: cursor started');
  return started;
}

/**
 * Writes what a run builds to where CTest and people look for it: `Testing/TAG`, `Testing/<tag>/Update.xml` and
 * `Temporary/LastUpdate.xml`.
 *
 * @param problem what is wrong with the update, for the reader of the report; empty when nothing is
 * @throws the system's error; each file is then the old one or the new one
 */
export function reportUpdate(run: Run, update: MergedUpdate, problem = ''): void {
  const { build, stamp, tracked } = run;
  writeTag(run);
  if (tracked === undefined) return;
  const xml = updateXml({
    generator: `stagelock-${VERSION}`,
    site: build.site,
    build: build.reportName,
    buildstamp: stamp.text,
    command: tracked.system.command,
    update,
    problem,
  });
  writeUpdateXml(build.directory, stamp.tag, xml);
  writeLastUpdateXml(build.directory, xml);
}

/** Writes `Testing/TAG`, by which CTest in a stage knows where the reports of this run go. @throws the system's error */
export function writeTag({ layout: { tag }, stamp }: Run): void {
  ensureDirectory(dirname(tag));
  replaceAtomically(tag, tagFileText(stamp));
}
