import { randomBytes } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { Build, Primary } from '../config/project.js';
import { real, type WorkTree, workTreeOf } from '../config/work-tree.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import {
  type Claim,
  claimFile,
  type FoundClaim,
  makeClaim,
  ownClaimFile,
  readClaim,
  replaceClaim,
} from '../updates/claim.js';
import { journalDirectory } from '../updates/journal.js';
import type { ClaimRefusal } from './claim-refusal.js';
import { primaryOf } from './primary-of.js';
import type { RunResult } from './run-result.js';
import { inSectionOf, type SectionSettings } from './section.js';
import type { StepListener } from './steps.js';

/** The primary that asks for a source. */
export type Claimant = Pick<Claim, 'build' | 'directory' | 'configFile' | 'source' | 'submodules' | 'host'>;

/** The primary's own copy of its claim. */
export interface OwnClaim {
  readonly identity: string;
  readonly inode: string;
}

/**
 * What a claim means for a primary:
 * - `ours`;
 * - `renew`: ours, but it says something that is not true any more, since the build was renamed or moved, or its
 *   directory was wiped;
 * - `copy`: ours was copied, and the original is still there;
 * - `theirs`.
 *
 * @param own undefined when the primary has no copy: it has never claimed anything, or its directory was wiped
 * @param isOriginalThere whether the directory that the claim names still is that of this identity, and another one than
 *   the claimant's; asked only where the same path means the same directory
 */
export function judgeClaim(
  claim: Claim,
  own: OwnClaim | undefined,
  here: Claimant,
  isOriginalThere: () => boolean,
): 'ours' | 'renew' | 'copy' | 'theirs' {
  const sameHost = claim.host === here.host;
  if (own === undefined || own.identity !== claim.identity) {
    const same = claim.configFile === here.configFile && claim.build === here.build;
    return same && sameHost && claim.directory === here.directory ? 'renew' : 'theirs';
  }
  if (!sameHost) return claim.inode === undefined || claim.inode === own.inode ? 'renew' : 'copy';
  if (claim.directory !== here.directory) return isOriginalThere() ? 'copy' : 'renew';
  const same = (['build', 'configFile', 'source', 'submodules'] as const).every((key) => claim[key] === here[key]);
  return same && (claim.inode === undefined || claim.inode === own.inode) ? 'ours' : 'renew';
}

/** Which build directory, of which configuration, asks for a source. */
export interface Standpoint {
  readonly host: Pick<Host, 'name'>;
  /** Absolute. */
  readonly configFile: string;
}

/** Who claims a source, and when. */
export interface ClaimContext extends Standpoint {
  readonly user: string;
  readonly now: () => Date;
  readonly step: StepListener;
}

/** How a claim ended: undefined when the source is this primary's, or is in no version control system. */
export type Claimed =
  | Extract<RunResult, { readonly kind: 'source-claimed' | 'section-busy' | 'interrupted' }>
  | undefined;

/**
 * Makes sure that the source says that this primary is its only one. To be called before anything of the source is
 * touched and before any stage lock is made, so that a refused run leaves nothing. It costs two small files when there is
 * nothing to do.
 *
 * The first claim is one exclusive step, after the primary's own copy: a process that dies between the two leaves a copy
 * that the next run uses, and of two primaries that come at once one is refused. A claim that is renewed is looked at
 * once more and replaced within a critical section at the source, so that of two copies of a moved build directory one is
 * refused; a process that dies in there leaves the old claim or the new one. On a full disk there is no claim, or the old
 * one. A person who removes the claim of a running primary lets another one in, as with `unlock --force`.
 *
 * @throws the system's error, for example ENOSPC; LockError when the critical section cannot be entered
 */
export async function claimSource(primary: Primary, section: SectionSettings, context: ClaimContext): Promise<Claimed> {
  const tree = treeOf(primary);
  if (tree === undefined) return undefined;
  const here = claimantOf(primary, context);
  const file = claimFile(tree.administration);
  const elsewhere = refusalElsewhere(primary, tree, here);
  if (elsewhere !== undefined) return { kind: 'source-claimed', refusal: elsewhere };
  const answer = (refusal: ClaimRefusal | undefined): Claimed => refusal && { kind: 'source-claimed', refusal };
  const said = { ...here, user: context.user, since: context.now().toISOString() };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = readClaim(file);
    if (found.kind === 'none') {
      const made = claimFirst(primary, file, said, context.step);
      if (made === 'exists') continue; // another one was quicker
      return answer(made);
    }
    const judged = judgeFound(primary, file, found, here);
    if (judged !== 'renew') return answer(judged === 'ours' ? undefined : judged);
    if (!mayWrite(dirname(file))) return answer(withoutWriting(primary, file, found, said));
    const renewed = await inSectionOf(file, section, () => renewClaim(primary, file, said));
    if (renewed.kind === 'aborted') return { kind: 'interrupted', left: [] };
    if (renewed.kind !== 'done') return renewed;
    if (renewed.value !== 'gone') return answer(renewed.value);
  }
  return answer({ kind: 'unreadable', file, why: 'it keeps appearing and disappearing' });
}

/** A claim is made by one of those who come at once, and stays. */
const ATTEMPTS = 10;

/**
 * Whether another primary than that of this build has claimed its source; for those that only look: secondaries, which
 * must not build what another primary moves, and `check` and `status`. Changes nothing.
 *
 * @throws the system's error where nothing can be said
 */
export function lookAtClaim(build: Build, context: Standpoint): ClaimRefusal | undefined {
  const primary = primaryOf(build);
  const tree = treeOf(primary);
  if (tree === undefined) return undefined;
  const here = claimantOf(primary, context);
  const elsewhere = refusalElsewhere(primary, tree, here);
  if (elsewhere !== undefined) return elsewhere;
  const file = claimFile(tree.administration);
  const found = readClaim(file);
  if (found.kind === 'none') return undefined;
  const judged = judgeFound(primary, file, found, here);
  if (judged === 'ours' || judged === 'renew') return undefined;
  // A secondary of another host may see the directory of its primary through another file system, with other numbers.
  return judged.kind === 'copy' && build.role === 'secondary' && judged.claim.host !== here.host ? undefined : judged;
}

function treeOf({ source, update }: Primary): WorkTree | undefined {
  return update === undefined || update.versionOnly ? undefined : workTreeOf(source, update.type);
}

function claimantOf(primary: Primary, { host, configFile }: Standpoint): Claimant {
  return {
    build: primary.name,
    directory: real(primary.directory),
    configFile: real(configFile),
    source: real(primary.source),
    submodules: primary.update?.type === 'git' && primary.update.submodules !== 'none',
    host: host.name,
  };
}

/** A primary that moves this source as a part of its own has its claim in another place. */
function refusalElsewhere(primary: Primary, tree: WorkTree, here: Claimant): ClaimRefusal | undefined {
  const { covering, superproject } = tree;
  for (const directory of superproject === undefined ? covering : [...covering, superproject]) {
    const file = claimFile(directory);
    const found = readClaim(file);
    if (found.kind !== 'claim' || (directory === superproject && !found.claim.submodules)) continue;
    const judged = judgeFound(primary, file, found, here);
    if (judged !== 'ours' && judged !== 'renew') return judged;
  }
  return undefined;
}

function judgeFound(
  primary: Primary,
  file: string,
  found: Exclude<FoundClaim, { kind: 'none' }>,
  here: Claimant,
): 'ours' | 'renew' | ClaimRefusal {
  if (found.kind === 'unreadable') return { kind: 'unreadable', file, why: found.why };
  const { claim } = found;
  const ownFile = ownClaimFile(primary.directory);
  const own = readClaim(ownFile);
  if (own.kind === 'unreadable') return { kind: 'unreadable', file: ownFile, why: own.why };
  const known = own.kind === 'none' ? undefined : { identity: own.claim.identity, inode: own.inode };
  const judgement = judgeClaim(claim, known, here, () => isOriginalThere(claim, ownFile));
  switch (judgement) {
    case 'ours':
    case 'renew':
      return judgement;
    case 'copy':
      return { kind: 'copy', file, claim };
    case 'theirs':
      return { kind: 'claimed', file, claim };
  }
}

/** What may not be looked at counts as there: better one primary that a person has to ask for than two. */
function isOriginalThere({ directory, identity }: Claim, ownFile: string): boolean {
  if (!isAbsolute(directory)) return false;
  const file = ownClaimFile(directory);
  const original = readClaim(file);
  if (original.kind === 'unreadable') return true;
  return original.kind === 'claim' && original.claim.identity === identity && !isSameFile(file, ownFile);
}

/** By another path, such as that of a bind mount. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

/** What a claim says besides its identity. */
type Saying = Omit<Claim, 'format' | 'identity' | 'inode'>;

/** The first claim of a source: the primary's own copy, then, exclusively, the claim. */
function claimFirst(
  primary: Primary,
  file: string,
  said: Saying,
  step: StepListener,
): ClaimRefusal | 'exists' | undefined {
  const own = ownClaim(primary, said);
  if ('kind' in own) return own;
  step('claim: copy made');
  try {
    if (makeClaim(file, { ...own, ...said }) === 'exists') return 'exists';
  } catch (error) {
    return unwritable(primary, file, error);
  }
  step('claim: source claimed');
  return undefined;
}

/** Within the critical section: another one may have renewed it, or a person removed it, since it was looked at. */
function renewClaim(primary: Primary, file: string, said: Saying): ClaimRefusal | 'gone' | undefined {
  const found = readClaim(file);
  if (found.kind === 'none') return 'gone';
  const judged = judgeFound(primary, file, found, said);
  if (judged !== 'renew') return judged === 'ours' ? undefined : judged;
  const own = ownClaim(primary, said);
  if ('kind' in own) return own;
  try {
    replaceClaim(file, { ...own, ...said });
    return undefined;
  } catch (error) {
    return unwritable(primary, file, error);
  }
}

/** A user who may not write at the source had another user put the claim there; its details may differ. */
function withoutWriting(
  primary: Primary,
  file: string,
  found: FoundClaim,
  said: Saying,
): Extract<ClaimRefusal, { kind: 'unreadable' | 'unwritable' }> | undefined {
  const own = ownClaim(primary, said);
  if ('kind' in own) return own;
  const now = found.kind === 'claim' ? found.claim : undefined;
  if (now?.identity === own.identity && now.directory === said.directory) return undefined;
  // So that what is copied there says where the primary is now.
  replaceClaim(ownClaimFile(primary.directory), { format: 1, identity: own.identity, ...said });
  return { kind: 'unwritable', file, own: ownClaimFile(primary.directory), why: WHY_NOT };
}

/** The identity of a build directory, made once and never changed, so that two runs that come at once have the same. */
function ownClaim(
  primary: Primary,
  said: Saying,
): (Pick<Claim, 'format' | 'identity'> & { readonly inode: string }) | Extract<ClaimRefusal, { kind: 'unreadable' }> {
  const file = ownClaimFile(primary.directory);
  let found = readClaim(file);
  if (found.kind === 'none') {
    ensureDirectory(journalDirectory(primary.directory));
    makeClaim(file, { format: 1, identity: randomBytes(16).toString('hex'), ...said });
    found = readClaim(file);
  }
  if (found.kind === 'claim') return { format: 1, identity: found.claim.identity, inode: found.inode };
  return { kind: 'unreadable', file, why: found.kind === 'none' ? 'it was removed' : found.why };
}

const WHY_NOT = 'this user cannot write there';

function unwritable(primary: Primary, file: string, error: unknown): Extract<ClaimRefusal, { kind: 'unwritable' }> {
  const code = errorCode(error) ?? '';
  if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
  const why = code === 'EROFS' ? 'the file system is read-only' : WHY_NOT;
  return { kind: 'unwritable', file, own: ownClaimFile(primary.directory), why };
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
