import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import type { Attempts } from '../submission/patience.js';
import { isCount, isTime } from './letter.js';

/**
 * Nothing can be sent, whoever is to get it: the server is away, or its password is wrong. Then the spool as a whole waits,
 * so that a cron job that runs every minute does not ask a dead server every minute, for each letter.
 */
export interface NoWay extends Attempts {
  /** Which transport; another one has a chance of its own. */
  readonly name: string;
  /** ISO 8601 */
  readonly since: string;
  readonly why: string;
}

const fileOf = (spool: string): string => join(spool, 'no-way.json');

/** @returns undefined when nothing speaks against sending, or nothing that can be read */
export function readNoWay(spool: string): NoWay | undefined {
  try {
    const value: unknown = JSON.parse(readRegularFile(fileOf(spool), 64 * 1024) ?? 'null');
    return isNoWay(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws the system's error; what was known before then stays */
export function writeNoWay(spool: string, noWay: NoWay): void {
  replaceAtomically(fileOf(spool), `${JSON.stringify(noWay, undefined, 2)}\n`, 0o660);
}

/** Something was sent. @throws the system's error */
export function forgetNoWay(spool: string): void {
  try {
    unlinkSync(fileOf(spool));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function isNoWay(value: unknown): value is NoWay {
  if (typeof value !== 'object' || value === null) return false;
  const { name, since, why, tries, tried } = value as Record<keyof NoWay, unknown>;
  return [name, why].every((text) => typeof text === 'string') && isTime(since) && isCount(tries) && isTime(tried);
}
