import { closeSync, openSync, writeSync } from 'node:fs';
import { endedByItself } from '../client.js';
import type { Checkout, Failed } from '../version-control.js';
import { cvsFailure, runCvs } from './command.js';

/** Writes what the server has of a file to another; an empty one where it has none. */
export async function writeVersion(
  checkout: Checkout,
  args: readonly string[],
  file: string,
): Promise<{ readonly kind: 'written'; readonly file: string } | Failed> {
  const fd = openSync(file, 'w', 0o600);
  try {
    const result = await runCvs(checkout, ['-Q', ...args], (chunk) => void writeSync(fd, chunk));
    if (!endedByItself(result) && result.kind !== 'ok') {
      return { kind: 'failed', message: cvsFailure(checkout, args, result) };
    }
    return { kind: 'written', file };
  } finally {
    closeSync(fd);
  }
}
