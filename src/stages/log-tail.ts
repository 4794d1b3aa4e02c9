import { closeSync } from 'node:fs';
import type { Build } from '../config/project.js';
import { readPart } from '../files/file-part.js';
import { type OwnLog, openOwnLog } from './own-log.js';

export type LogTail =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | Exclude<OwnLog, { readonly kind: 'open' }>;

/**
 * The last lines of a log that a stage lock names, read from its end so that its size does not matter. What it holds is raw.
 *
 * @param bytes how much of its end is read at most
 */
export function tailOfLog(build: Build, path: string, lines: number, bytes = 8192): LogTail {
  const log = openOwnLog(build, path);
  if (log.kind !== 'open') return log;
  try {
    const length = Math.min(bytes, log.size);
    const end = readPart(log.fd, log.size - length, length);
    return { kind: 'lines', lines: end.toString('utf8').trimEnd().split('\n').slice(-lines) };
  } finally {
    closeSync(log.fd);
  }
}
