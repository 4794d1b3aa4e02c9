import { closeSync, constants, fchmodSync, lstatSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeAbandoned } from '../files/abandoned.js';
import { createExclusively, readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { boolean, object, oneOf, optional, parseRecord, recordText, string, type TypeOf } from '../records/schema.js';
import { errorText } from '../text/error-text.js';
import { journalDirectory } from './journal.js';

const word = string(/^./su);

/**
 * What the source says of its primary, as JSON that a person can read with `cat`. It lies in the directory in which the
 * version control system keeps its own files, so that every configuration, user and host that updates the source finds it,
 * and a second time, with the same identity, beside the journal of the primary. Further keys of newer versions are ignored.
 */
const CLAIM = object({
  format: oneOf(1),
  /** Random, made once for each build directory: that of a build which was renamed or moved stays the same. */
  identity: word,
  build: word,
  /** Absolute, without symbolic links. */
  directory: word,
  configFile: word,
  /** As the primary reaches it; another host, or a bind mount, may know it by another path. */
  source: word,
  /** Whether it moves the submodules, too. */
  submodules: boolean,
  host: word,
  user: word,
  /** When the claim was made or last renewed; ISO 8601, UTC, by the clock of `host`. */
  since: word,
  /** Inode number of the primary's own copy, which tells it from a copied build directory also from another host. */
  inode: optional(string()),
});
export type Claim = TypeOf<typeof CLAIM>;

/** A claim as it was found. */
export type FoundClaim =
  | { readonly kind: 'none' }
  | { readonly kind: 'claim'; readonly claim: Claim; readonly inode: string }
  /** Something stands there that names no primary: a link, a directory, garbage, a file of another user. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** The claim in the administrative directory of a source. */
export function claimFile(administration: string): string {
  return join(administration, 'stagelock-primary.json');
}

/** The primary's own copy. */
export function ownClaimFile(primaryDirectory: string): string {
  return join(journalDirectory(primaryDirectory), 'source-claim.json');
}

/** Why a claim cannot be read that is perhaps a good one. */
export const UNREADABLE = 'this user may not read it';

const LONGEST = 64 * 1024;
/** Never written in place, so only its owner need write it: a user who may write the directory replaces it. */
const CLAIM_MODE = 0o644;

/**
 * Reads a claim without following links.
 *
 * @throws the system's error where nothing can be said, for example EIO or ESTALE
 */
export function readClaim(file: string): FoundClaim {
  try {
    const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return { kind: 'none' };
    if (stat.isSymbolicLink()) return unreadable('it is a symbolic link');
    if (stat.isDirectory()) return unreadable('it is a directory');
    if (!stat.isFile()) return unreadable('it is a device, a socket or a named pipe');
    if (stat.size > LONGEST) return unreadable(`it has ${stat.size} bytes, which no claim has`);
    const text = readRegularFile(file, LONGEST);
    if (text === undefined) return { kind: 'none' };
    const claim = parseClaim(text);
    if (claim !== undefined) return { kind: 'claim', claim, inode: String(stat.ino) };
    return unreadable(text === '' ? 'it is empty' : 'it names no primary');
  } catch (error) {
    switch (errorCode(error)) {
      case 'EACCES':
      case 'EPERM':
        return unreadable(UNREADABLE);
      case undefined: // replaced by something else between the two looks
        return unreadable(errorText(error));
      default:
        throw error;
    }
  }
}

/**
 * Makes a claim, whole and only if nothing has that name.
 *
 * @throws the system's error; then there is none
 */
export function makeClaim(file: string, claim: Claim): 'created' | 'exists' {
  const made = createExclusively(file, textOf(claim), CLAIM_MODE);
  if (made === 'created') publish(file);
  return made;
}

/**
 * Replaces a claim. To be called within its critical section.
 *
 * @throws the system's error; then the old one stays
 */
export function replaceClaim(file: string, claim: Claim): void {
  replaceAtomically(file, textOf(claim), CLAIM_MODE);
  publish(file);
}

function textOf(claim: Claim): string {
  return recordText(CLAIM, claim, 2);
}

/** Whom it keeps out has to be able to read it, whatever the umask; and killed runs have left their temporaries. */
function publish(file: string): void {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  try {
    const fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      fchmodSync(fd, CLAIM_MODE);
    } finally {
      closeSync(fd);
    }
    removeAbandoned(dirname(file), Date.now());
  } catch {
    // A file system without permissions, or replaced meanwhile: the claim is still made.
  }
}

/** Reads the text of a claim; undefined when it is none. */
export function parseClaim(text: string): Claim | undefined {
  return parseRecord(CLAIM, text);
}

function unreadable(why: string): FoundClaim {
  return { kind: 'unreadable', why };
}
