import { renameSync } from 'node:fs';
import { endedByItself, neverStarted } from '../client.js';
import { exists } from '../look.js';
import { listed } from '../proof.js';
import { decodeText } from '../text.js';
import type { ToolResult } from '../tool.js';
import type { Checkout, Failed, Fetched, MoveResult } from '../version-control.js';
import { cvsFailure, runCvs } from './command.js';
import { digestOf, entriesOf } from './entries.js';
import { inSource } from './place.js';
import { rehearse } from './said.js';
import { type Entry, readTree, type Tree } from './tree.js';
import { type Following, updateArguments } from './update-options.js';

/** `cvs update`. It works file by file and undoes nothing; what it leaves half done the next one completes. */
export async function move(following: Following, checkout: Checkout, { asOf }: Fetched): Promise<MoveResult> {
  const { source } = checkout;
  const before = readTree(source);
  const update = updateArguments(following, before, asOf);
  const discarded = following.mode === 'reset' ? await discardRemovals(checkout, before, update) : undefined;
  if (discarded !== undefined) return { kind: 'broken', message: discarded.message };
  const args = ['-z3', '-q', ...update, '-I', '*'];
  const { output, result } = await updateTwiceAt(checkout, args, before);
  const conflicting = conflictsIn(output);
  // Some servers have exit code 0 over conflicts.
  if (conflicting.length > 0) {
    // The repair, which follows, says what ends it.
    return { kind: 'broken', message: `${source} has conflicts after its update, in ${listed(conflicting)}` };
  }
  if (result.kind === 'ok') return { kind: 'moved' };
  const message = cvsFailure(checkout, args, result);
  if (neverStarted(result)) return { kind: 'refused', message };
  const untouched = endedByItself(result) && digestOf(entriesOf(readTree(source))) === digestOf(entriesOf(before));
  return untouched
    ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` }
    : { kind: 'broken', message: `${message}\n(the source tree may be half updated)` };
}

/** A first update only forgets files that were to be added and are gone; a second one brings what the repository has there. */
async function updateTwiceAt(
  checkout: Checkout,
  args: readonly string[],
  { files }: Tree,
): Promise<{ readonly output: Buffer; readonly result: ToolResult }> {
  const chunks: Buffer[] = [];
  const update = (): Promise<ToolResult> => runCvs(checkout, args, (chunk) => chunks.push(chunk));
  const vanished = files.some(({ bytes, revision }) => revision === '0' && !exists(inSource(checkout.source, bytes)));
  const first = await update();
  const result = vanished && first.kind === 'ok' ? await update() : first;
  return { output: Buffer.concat(chunks), result };
}

function conflictsIn(output: Buffer): string[] {
  return decodeText(output)
    .split('\n')
    .flatMap((line) => (line.startsWith('C ') ? [line.slice(2)] : []));
}

/**
 * Undoes what `cvs update -C` leaves: files that a person wants to remove, changed ones that are no more in the repository,
 * and, by a server, what has been merged. What stands there is kept, under the name that cvs gives to what it discards.
 */
async function discardRemovals(
  checkout: Checkout,
  { files }: Tree,
  update: readonly string[],
): Promise<Failed | undefined> {
  const { source } = checkout;
  const seen = await rehearse(checkout, update);
  if (seen.kind === 'failed') return seen;
  const named = new Set([...seen.removed, ...seen.conflicting]);
  const entries = files.filter(
    ({ path, revision, stamp }) => revision !== '0' && (named.has(path) || stamp.startsWith('Result of merge')),
  );
  for (const entry of entries) putAside(source, entry);
  const removed = entries.filter(({ revision }) => revision.startsWith('-')).map(({ path }) => path);
  if (removed.length === 0) return undefined;
  const args = ['-Q', 'add', '--', ...removed];
  const result = await runCvs(checkout, args);
  return result.kind === 'ok' ? undefined : { kind: 'failed', message: cvsFailure(checkout, args, result) };
}

function putAside(source: string, { bytes, revision }: Entry): void {
  const at = bytes.lastIndexOf('/') + 1;
  const aside = Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from('.#'),
    bytes.subarray(at),
    Buffer.from(`.${revision.replace(/^-/, '')}`),
  ]);
  if (exists(inSource(source, bytes))) renameSync(inSource(source, bytes), inSource(source, aside));
}
