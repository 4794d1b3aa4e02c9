import { endedByItself } from '../client.js';
import { decodeText } from '../text.js';
import type { Checkout, Failed } from '../version-control.js';
import { cvsFailure, runCvs } from './command.js';

/** What an update does, or would do, by the letters that cvs writes before each path. Sorted. */
export interface Said {
  readonly kind: 'said';
  readonly news: boolean;
  readonly modified: readonly string[];
  /** Also what lies in the way of a new file. */
  readonly conflicting: readonly string[];
  readonly unknown: readonly string[];
}

/** Has cvs say what an update would do, without doing it. */
export function rehearse(checkout: Checkout, update: readonly string[]): Promise<Said | Failed> {
  return said(checkout, ['-n', '-q', ...update]);
}

/** Runs an update and reads what cvs says of it. */
export async function said(checkout: Checkout, args: readonly string[]): Promise<Said | Failed> {
  const chunks: Buffer[] = [];
  const result = await runCvs(checkout, args, (chunk) => chunks.push(chunk));
  const lines = decodeText(Buffer.concat(chunks)).split('\n');
  const of = (letters: string): string[] =>
    lines.flatMap((line) => (letters.includes(line.charAt(0)) && line.charAt(1) === ' ' ? [line.slice(2)] : [])).sort();
  const conflicting = of('C');
  // Exit code 1 only says that there are conflicts.
  if (result.kind !== 'ok' && !(endedByItself(result) && conflicting.length > 0)) {
    return { kind: 'failed', message: cvsFailure(checkout, args, result) };
  }
  const complaints = 'stderr' in result ? result.stderr : '';
  const gone = /is no longer in the repository|is not \(any longer\) pertinent|New directory .* -- ignored/.test(
    complaints,
  );
  return { kind: 'said', news: gone || of('UPC').length > 0, modified: of('MAR'), conflicting, unknown: of('?') };
}
