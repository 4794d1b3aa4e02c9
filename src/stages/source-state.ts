import { existsSync } from 'node:fs';
import type { Secondary } from '../config/project.js';
import { filesystemOf } from '../locks/index.js';
import { journalDirectory, lastHead } from '../updates/journal.js';
import { describeMark, readMark } from '../updates/move-mark.js';
import { refreshDirectory } from './roster.js';
import { type Run, runEnvironment } from './run.js';

/** Whether the source is what the newest update record says. */
export type SourceState =
  /** `head` is checked out; undefined where stagelock does not update the source. */
  | { readonly kind: 'as-recorded'; readonly head: string | undefined }
  /** An update died between moving the source and its record, or a person moved the source by hand. */
  | { readonly kind: 'unrecorded'; readonly head: string; readonly recorded: string }
  /** An update has left it half updated; the message says which. */
  | { readonly kind: 'half-moved'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** How long asking git for the present revision may take. */
const ASK_MS = 60_000;

/**
 * Compares the source with the journal. A secondary that built an unrecorded source would report it under a wrong
 * revision. While it has joined, the answer stays true.
 */
export async function sourceState(run: Run<Secondary>): Promise<SourceState> {
  const { primary } = run.build;
  if (run.tracked === undefined) return { kind: 'as-recorded', head: undefined };
  const journal = journalDirectory(primary.directory);
  const halfMoved = halfMovedBy(journal);
  if (halfMoved !== undefined) return { kind: 'half-moved', message: halfMoved };
  const newest = lastHead(journal).record;
  const head = await run.tracked.system.currentRevision({
    source: primary.source,
    timeoutMs: ASK_MS,
    environment: runEnvironment(primary, run),
    signal: run.context.signal,
  });
  if (head.kind === 'failed') return head;
  if (head.strayed !== undefined && newest !== undefined) {
    return { kind: 'unrecorded', head: `${head.revision} (${head.strayed})`, recorded: newest.revision };
  }
  // Without a record its primary has never run: what is there now will be the start of the journal.
  if (newest === undefined || head.revision === newest.revision) return { kind: 'as-recorded', head: head.revision };
  return { kind: 'unrecorded', head: head.revision, recorded: newest.revision };
}

/**
 * What the mark beside the journal says, if there is one. To be called after joining: the mark cannot appear then, since
 * only a primary that updates makes it; and what is found here was made before.
 */
export function halfMovedBy(journal: string): string | undefined {
  // NFS may remember for a minute that a name was absent.
  if (existsSync(journal) && filesystemOf(journal).reach === 'network') refreshDirectory(journal);
  const read = readMark(journal);
  switch (read.kind) {
    case 'none':
      return undefined;
    case 'unreadable':
      return `${read.file} exists and is not the mark of an update`;
    case 'mark':
      return `the update ${describeMark(read.mark)} was interrupted`;
  }
}
