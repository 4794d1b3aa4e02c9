import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { removeIfThere } from '../files/directory-entries.js';
import { errorCode } from '../host/error-code.js';
import { object, oneOf, parseRecord, recordText, string, type TypeOf } from '../records/schema.js';
import { journalDirectory } from '../updates/journal.js';
import { describeFaults, explainFaults } from '../updates/proof.js';
import type { MergedUpdate } from '../updates/record.js';
import type { Proof } from '../updates/version-control.js';
import type { Source } from './source.js';

/** What has been shown of a source. */
export type SourceProof =
  /** It is the revision, but for these local changes. */
  | { readonly kind: 'proved'; readonly modified: readonly string[] }
  /** It is not, or that could not be shown. */
  | {
      readonly kind: 'not-proved';
      /** Why, in which files, and what to do. */
      readonly message: string;
      /** Why, in one line. */
      readonly reason: string;
      readonly mendable: boolean;
    };

/**
 * What was proved last, beside the journal: as long as no client has done anything to the tree since, a run that has nothing to
 * build need not look at all of it again. Only the primary's runs write it, while they hold `update`;
 * a secondary that finds it wrong removes it.
 */
const REMEMBERED = object({ format: oneOf(1), revision: string(), sign: string() });
type Remembered = TypeOf<typeof REMEMBERED>;

const LIMIT = 1024 * 1024;

const proofFile = ({ primary }: Source): string => join(journalDirectory(primary.directory), 'proof.json');

/** Whether no client has touched the tree since it was proved to be that revision. Costs no process. */
export function isStillProved(source: Source, revision: string): boolean {
  const sign = source.system.signOf(source.checkout);
  const remembered = sign === undefined ? undefined : read(source);
  return remembered?.revision === revision && remembered.sign === sign;
}

/**
 * Looks at all of a source. The caller has joined or holds `update`, so that no run moves it meanwhile; what a person does
 * meanwhile, the look at the end of the build finds.
 */
export async function proveSource(
  { system, checkout }: Pick<Source, 'system' | 'checkout'>,
  revision: string,
): Promise<SourceProof> {
  return judge(await system.proveTree(checkout, revision), checkout.source, revision);
}

/**
 * {@link proveSource} by a primary, which remembers it. What a client does while it looks gives the tree another sign, and the
 * next run looks again; so it does when this process dies before the file is written.
 */
export async function proveAndRemember(source: Source, revision: string): Promise<SourceProof> {
  const { system, checkout, context } = source;
  forget(source);
  const before = system.signOf(checkout);
  const proof = await proveSource(source, revision);
  context.step('update: proved');
  const sign = proof.kind === 'proved' ? system.signOf(checkout) : undefined;
  if (sign !== undefined && sign === before) remember(source, { format: 1, revision, sign });
  return proof;
}

/** The source is not what was built any more. */
export interface MovedSource {
  readonly kind: 'source-moved';
  readonly expected: string;
  /** What is checked out now, or what is wrong with it. */
  readonly found: string;
}

/**
 * Looks once more when everything is built. No run updates the source as long as a build has joined, so a source at
 * another revision was moved by hand, and what was built may be of either.
 *
 * @param update what the build has reported; a file that a person has changed meanwhile is one more in it
 */
export async function lookAgain(
  source: Source,
  expected: string,
  update: MergedUpdate,
): Promise<(MovedSource | { readonly kind: 'same' }) & { readonly update: MergedUpdate }> {
  const proof = await proveSource(source, expected);
  if (proof.kind === 'not-proved') {
    const head = await source.system.currentRevision(source.checkout);
    const isElsewhere = head.kind === 'revision' && head.revision !== expected;
    return { kind: 'source-moved', expected, found: isElsewhere ? head.revision : proof.reason, update };
  }
  const modified = [...new Set([...update.modified, ...proof.modified])].sort();
  const isKnown = modified.length === update.modified.length;
  return { kind: 'same', update: isKnown ? update : { ...update, modified } };
}

/** For the reports of what was built meanwhile. */
export function explainMoved({ expected, found }: MovedSource): string {
  return `Update error: the source was moved by hand from ${expected} to ${found} while it was built`;
}

function judge(proof: Proof, source: string, revision: string): SourceProof {
  switch (proof.kind) {
    case 'proved':
      return proof;
    case 'failed':
      return { kind: 'not-proved', message: proof.message, reason: proof.message, mendable: false };
    case 'faulty':
      return {
        kind: 'not-proved',
        message: explainFaults(source, revision, proof.faults),
        reason: describeFaults(proof.faults).join('; '),
        mendable: proof.mendable,
      };
  }
}

/** Whatever else stands there proves nothing. */
function read(source: Source): Remembered | undefined {
  try {
    return parseRecord(REMEMBERED, readRegularFile(proofFile(source), LIMIT) ?? '');
  } catch {
    return undefined;
  }
}

function remember(source: Source, remembered: Remembered): void {
  try {
    replaceAtomically(proofFile(source), recordText(REMEMBERED, remembered));
  } catch (error) {
    // A full disk: the next run looks at all of the tree again. Whatever else is wrong there, the record will tell.
    if (errorCode(error) === undefined) throw error;
  }
}

/** Has the next run of the primary look at all of the source; also for a secondary that has joined and found it faulty. */
export function forget(source: Source): void {
  removeIfThere(proofFile(source));
}
