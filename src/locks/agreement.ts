import { constants, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createExclusively, readRegularFile } from '../files/atomic-file.js';
import { InTheWay } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import { pauseInPlace } from '../host/pause.js';
import { AGREEMENT_FILE, AGREEMENT_LOCKS, LONGEST_AGREEMENT } from '../tables/locks.js';
import { matches } from '../tables/pattern.js';
import { entryAt } from './entry.js';
import type { Filesystem } from './filesystem.js';
import { LockError, notALock } from './object-lock.js';
import { asLockError } from './owned-lock.js';
import { shareFile } from './sharing.js';
import { isStrategy, STRATEGY_TRAITS, type Strategy } from './strategy.js';

export { AGREEMENT_FILE } from '../tables/locks.js';

/** What the users of a directory have agreed on. */
export interface Agreement {
  /** How they lock; undefined where the file does not say. */
  readonly strategy: Strategy | undefined;
  /** Where they keep the locks of the directory and of all below it; undefined for beside what they protect. */
  readonly locks: string | undefined;
}

const agreed = new Map<string, Strategy>();

/**
 * The strategy of a directory for those who leave the choice to us.
 *
 * The host that exports a directory sees its ext4 and would take flock; its NFS clients see nfs and take lockdir: two
 * strategies that do not exclude each other. So the first one writes its choice down, and the others follow it where it
 * works from their side.
 *
 * @throws LockError when it does not
 */
export function agreeOnStrategy(directory: string, filesystem: Filesystem): Strategy {
  const known = agreed.get(directory);
  if (known !== undefined) return known;
  const file = join(directory, AGREEMENT_FILE);
  const strategy = follow(file, directory, filesystem);
  agreed.set(directory, strategy);
  return strategy;
}

function follow(file: string, directory: string, filesystem: Filesystem): Strategy {
  const agreement = readAgreement(directory);
  // In a world-writable directory, nothing of ours that others could make us wait for.
  if (agreement === undefined && isWorldWritable(directory)) return filesystem.strategy;
  const recorded = agreement === undefined ? record(file, filesystem.strategy) : agreement.strategy;
  if (recorded === undefined || recorded === filesystem.strategy) return filesystem.strategy;
  if (worksFrom(recorded, filesystem)) return recorded;
  throw new LockError(
    file,
    `other hosts lock by ${recorded} in ${directory}, which does not exclude processes here (${filesystem.name}). ` +
      'Set the strategy "lockdir" for all of them, which works from everywhere, and remove this file while nothing runs',
    { code: 'strategy-conflict' },
  );
}

/** Whether a strategy that another host chose also excludes from a file system that suggests another one. */
export function worksFrom(strategy: Strategy, filesystem: Filesystem): boolean {
  const { everywhere, networks } = STRATEGY_TRAITS[strategy];
  return filesystem.reach === 'local' || everywhere === true || matches(filesystem.name, networks);
}

function record(file: string, strategy: Strategy): Strategy {
  try {
    if (createExclusively(file, `${strategy}\n`) === 'created') {
      shareFile(file, file);
      return strategy;
    }
  } catch (error) {
    throw asLockError(file, error);
  }
  return agreedStrategy(dirname(file)) ?? strategy; // another process was quicker
}

/** Where a file system knows no way to create a file with its content, its first user needs an instant to fill it. */
const FILLED_AFTER_MS = 500;

/**
 * The strategy that the users of a directory have agreed on; undefined before its first use.
 *
 * @throws LockError as {@link readAgreement}
 */
export function agreedStrategy(directory: string): Strategy | undefined {
  return readAgreement(directory)?.strategy;
}

/**
 * What the users of a directory have agreed on; undefined before its first use. In a directory that all users may
 * write to, as /tmp, only the word of root, of the directory's owner and our own counts.
 *
 * @throws LockError when its file makes no sense, or the directory is none
 */
export function readAgreement(directory: string): Agreement | undefined {
  const file = join(directory, AGREEMENT_FILE);
  if (isWorldWritable(directory) && !isTrusted(file, directory)) return undefined;
  try {
    return understand(file, directory);
  } catch (error) {
    // The message about a lock that could not be made would not fit most other codes here.
    throw errorCode(error) === 'ENOTDIR' || error instanceof InTheWay ? asLockError(file, error) : error;
  }
}

/** Whether all users may make files there and none may remove those of others, as in /tmp. */
export function isWorldWritable(directory: string): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return stat !== undefined && (stat.mode & S_ISVTX) !== 0 && (stat.mode & constants.S_IWOTH) !== 0;
}

/** By which only the owner of a file may remove it; Node has no name for it. */
const S_ISVTX = 0o1000;

function isTrusted(file: string, directory: string): boolean {
  const owner = entryAt(file)?.uid;
  return owner === 0 || owner === process.geteuid?.() || owner === statSync(directory).uid;
}

function understand(file: string, directory: string): Agreement | undefined {
  const began = performance.now();
  let text = readRegularFile(file, LONGEST_AGREEMENT);
  while (text === '' && performance.now() - began < FILLED_AFTER_MS) {
    pauseInPlace(5);
    text = readRegularFile(file, LONGEST_AGREEMENT);
  }
  if (text === undefined) return undefined;
  let strategy: Strategy | undefined;
  let locks: string | undefined;
  for (const line of text.split('\n').map((each) => each.replace(/^[ \t\r]+|[ \t\r]+$/g, ''))) {
    if (line.startsWith(AGREEMENT_LOCKS) && line.length > AGREEMENT_LOCKS.length)
      locks = resolve(directory, line.slice(AGREEMENT_LOCKS.length));
    else if (isStrategy(line)) strategy = line;
    else if (line !== '') throw makesNoSense(file, line);
  }
  if (strategy === undefined && locks === undefined) throw makesNoSense(file, text.trim());
  return { strategy, locks };
}

function makesNoSense(file: string, text: string): LockError {
  return notALock(file, `names no lock strategy ("${text.slice(0, 40)}"); write lockdir, cifs, flock or fcntl into it`);
}
