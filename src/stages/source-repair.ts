import { isOfBoot } from '../host/process-fate.js';
import { survivorsOf } from '../processes/survivors.js';
import { journalDirectory } from '../updates/journal.js';
import { describeMark, type MoveMark, readMark, writeMark } from '../updates/move-mark.js';
import type { Failed, Fetched, LocalChanges, RepairResult } from '../updates/version-control.js';
import type { RunContext } from './run-context.js';
import type { Source } from './source.js';

/** The source may be half updated, so no build uses it; the message says why it stays so and what to do. */
export interface HalfMoved {
  readonly kind: 'half-moved';
  readonly message: string;
  /** Whether processes of that update still run, so that it may go on by itself. */
  readonly living: boolean;
}

/**
 * Writes down that the source is about to be moved, before anything of it is touched.
 *
 * @throws the system's error; nothing may be moved then
 */
export function markMove(
  { primary, stamp, context }: Source,
  { head, target }: Fetched,
  local: LocalChanges | Failed,
  logFile: string,
): void {
  const mark: MoveMark = {
    format: 1,
    from: head,
    ...(target !== undefined && { to: target }),
    // What is unknown counts as unchanged, as far as a repair may rely on it: it then refuses rather than guesses.
    local: local.kind === 'local' ? [...local.modified, ...local.conflicting] : [],
    run: context.run,
    host: context.host.name,
    ...(context.host.bootId !== undefined && { bootId: context.host.bootId }),
    user: context.user,
    buildstamp: stamp.text,
    since: context.now().toISOString(),
    logFile,
  };
  writeMark(journalDirectory(primary.directory), mark);
  context.step('update: marked');
}

/**
 * Makes a source whole again that an update has left half updated, its own or that of a run that died. The mark stays until
 * the caller has recorded what the source is now.
 *
 * @returns undefined when the source is whole: it never was otherwise, or has been proved to be a revision
 */
export async function repairSource(source: Source): Promise<HalfMoved | undefined> {
  const { primary, system, checkout, context } = source;
  const read = readMark(journalDirectory(primary.directory));
  if (read.kind === 'none') return undefined;
  if (read.kind === 'unreadable') {
    const message = `${read.file} says that an update was interrupted, but not which: it is not the mark of an update. Look at ${primary.source}, then remove ${read.file}`;
    return { kind: 'half-moved', message, living: false };
  }
  const living = survivorsOfUpdate(read.mark, context);
  if (living !== undefined) return { kind: 'half-moved', message: living, living: true };
  const { from, to, local, host } = read.mark;
  const elsewhere = host === context.host.name ? undefined : host;
  const repaired = await system.repair(checkout, { from, to, local, otherHost: elsewhere });
  return explain(source, read.mark, repaired);
}

function explain(source: Source, mark: MoveMark, repaired: RepairResult): HalfMoved | undefined {
  const { primary, checkout, context } = source;
  if (repaired.kind === 'whole') {
    checkout.log?.(
      `the update ${describeMark(mark)} was interrupted; ${primary.source} is complete again, at ${repaired.revision}`,
    );
    context.report({ kind: 'source-repaired', update: describeMark(mark), revision: repaired.revision });
    return undefined;
  }
  const message = `the update ${describeMark(mark)} was interrupted.\n${repaired.message}`;
  return { kind: 'half-moved', message, living: false };
}

/** A client that has outlived its run continues to move the source; what it does meanwhile cannot be distinguished from what it did. */
function survivorsOfUpdate(mark: MoveMark, { host, run }: RunContext): string | undefined {
  if (mark.run === run || mark.host !== host.name) return undefined;
  if (!isOfBoot(mark, host)) return undefined;
  const living = survivorsOf(mark.run).filter(({ pid }) => pid !== host.pid);
  if (living.length === 0) return undefined;
  const processes = living.map(({ pid, command }) => `  process ${pid}: ${command.slice(0, 120)}`);
  return `processes of the update ${describeMark(mark)} are still running and may be changing the source:\n${processes.join('\n')}`;
}
