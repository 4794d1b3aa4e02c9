import { join } from 'node:path';
import { real, workTreeOf } from '../../config/work-tree.js';
import { exists } from '../look.js';
import { withCommands } from '../proof.js';
import { decodeText } from '../text.js';
import type { Checkout, Failed, LocalChanges, RevisionResult } from '../version-control.js';
import { administrationOf, hgLine } from './advice.js';
import { hgFailure, rowsOf, runHg, texts } from './command.js';

/** As of git: hg, too, goes on looking above a source whose own `.hg` is gone. */
export async function foreignRepository(checkout: Checkout): Promise<Failed | undefined> {
  const { source } = checkout;
  const top = workTreeOf(source, 'hg')?.top;
  if (top === undefined || top === real(source)) return undefined;
  const args = ['files', '-T', '', '.'];
  const result = await runHg(checkout, args);
  if (result.kind === 'ok') return undefined;
  if (result.kind !== 'failed' || result.code !== 1) {
    return { kind: 'failed', message: hgFailure(checkout, args, result) };
  }
  return { kind: 'failed', message: `${source} has no .hg of its own, and nothing of it is in the repository ${top}` };
}

export async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  // `p1()` would make hg write a cache of tags into the repository.
  const answer = await rowsOf(checkout, ['log', '-r', '.'], ['{node}']);
  if (answer.kind === 'failed') return answer;
  const [revision] = texts(answer.rows);
  if (revision !== undefined && !/^0+$/.test(revision)) return { kind: 'revision', revision };
  const message = withCommands(`Nothing is checked out in ${checkout.source}. To check out its branch:`, [
    hgLine(checkout, 'update'),
  ]);
  return { kind: 'failed', message };
}

/** An entry of `hg status`. */
export interface Entry {
  /** M, A, R, ! or ?. */
  readonly letter: string;
  /** From the top of the work tree. */
  readonly path: string;
  /** As the file system has it. */
  readonly bytes: Buffer;
}

export type Status = { readonly kind: 'status'; readonly entries: readonly Entry[] } | Failed;

export async function statusOf(checkout: Checkout, ...options: readonly string[]): Promise<Status> {
  const answer = await rowsOf(checkout, ['status', ...options], ['{status}', '{path}']);
  if (answer.kind === 'failed') return answer;
  const entries = answer.rows.map(([letter, path = Buffer.alloc(0)]) => ({
    letter: letter?.toString() ?? '',
    path: decodeText(path),
    bytes: path,
  }));
  return { kind: 'status', entries };
}

/**
 * In what a tree differs from what is checked out. Files of no revision are asked for, too, and left out: otherwise hg looks for a file
 * through a link in the place of its directory, or within another repository there, and takes it for what it was for as long as its time
 * and size say so; as soon as it has to read it, it refuses to look at anything.
 */
export async function changesIn(checkout: Checkout, ...options: readonly string[]): Promise<Status> {
  const status = await statusOf(checkout, '-mardu', ...options);
  return status.kind === 'failed'
    ? status
    : { ...status, entries: status.entries.filter(({ letter }) => letter !== '?') };
}

/** The files in which two versions could not be brought together. Where nothing was merged hg is not asked. */
export async function conflictsIn(checkout: Checkout): Promise<Status> {
  if (!exists(join(administrationOf(checkout.source), 'merge'))) return { kind: 'status', entries: [] };
  const answer = await rowsOf(checkout, ['resolve', '--list'], ['{mergestatus}', '{path}']);
  if (answer.kind === 'failed') return answer;
  const entries = answer.rows.flatMap(([letter, path = Buffer.alloc(0)]) =>
    letter?.toString() === 'U' ? [{ letter: 'U', path: decodeText(path), bytes: path }] : [],
  );
  return { kind: 'status', entries };
}

export async function localChanges(checkout: Checkout): Promise<LocalChanges | Failed> {
  const [unresolved, status] = await Promise.all([conflictsIn(checkout), changesIn(checkout, '-S')]);
  if (unresolved.kind === 'failed') return unresolved;
  if (status.kind === 'failed') return status;
  const conflicting = pathsOf(unresolved.entries);
  const unclear = new Set(conflicting);
  return { kind: 'local', modified: pathsOf(status.entries).filter((path) => !unclear.has(path)), conflicting };
}

export function pathsOf(entries: readonly Entry[]): string[] {
  return entries.map(({ path }) => path).sort();
}
