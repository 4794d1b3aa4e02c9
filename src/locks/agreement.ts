import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createExclusively, readRegularFile } from './atomic-file.js';
import { errorCode } from './error-code.js';
import type { Filesystem } from './filesystem.js';
import { InTheWay } from './in-the-way.js';
import { LockError, notALock } from './object-lock.js';
import { asLockError } from './owned-lock.js';
import { shareFile } from './sharing.js';
import { isStrategy, type Strategy } from './strategy.js';

/** The file that says which strategy an object directory uses: one word and a newline. */
export const AGREEMENT_FILE = '.lock-strategy';

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
  const recorded = agreedStrategy(directory) ?? record(file, filesystem.strategy);
  if (recorded === filesystem.strategy || worksFrom(recorded, filesystem)) return recorded;
  throw new LockError(
    file,
    `other hosts lock by ${recorded} in ${directory}, which excludes nobody from here (${filesystem.name}). ` +
      'Set the strategy "lockdir" for all of them, which works from everywhere, and remove this file while nothing runs',
    { code: 'strategy-conflict' },
  );
}

/** Whether a strategy that another host chose also excludes from a file system that suggests another one. */
export function worksFrom(strategy: Strategy, filesystem: Filesystem): boolean {
  switch (strategy) {
    case 'lockdir':
    case 'cifs':
      return true; // mkdir and O_EXCL are decided by the server
    case 'fcntl':
      return filesystem.name === 'nfs' || filesystem.reach === 'local';
    case 'flock':
      return filesystem.reach === 'local';
  }
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
  return agreedStrategy(dirname(file)) ?? strategy; // somebody else was quicker
}

/** Where a file system knows no way to create a file with its content, its first user needs an instant to fill it. */
const FILLED_AFTER_MS = 500;

/**
 * What the users of a directory have agreed on; undefined as long as nobody has used it.
 *
 * @throws LockError when its file names no strategy, or the directory is none
 */
export function agreedStrategy(directory: string): Strategy | undefined {
  const file = join(directory, AGREEMENT_FILE);
  try {
    return readAgreement(file);
  } catch (error) {
    // The message about a lock that could not be made would not fit most other codes here.
    throw errorCode(error) === 'ENOTDIR' || error instanceof InTheWay ? asLockError(file, error) : error;
  }
}

function readAgreement(file: string): Strategy | undefined {
  const began = performance.now();
  let text = readRegularFile(file, 4096);
  while (text === '' && performance.now() - began < FILLED_AFTER_MS) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    text = readRegularFile(file, 4096);
  }
  if (text === undefined) return undefined;
  const word = text.trim();
  if (isStrategy(word)) return word;
  throw notALock(file, `names no lock strategy ("${word.slice(0, 40)}"); write lockdir, cifs, flock or fcntl into it`);
}
