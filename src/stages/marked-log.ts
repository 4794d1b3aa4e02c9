import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { scanLog } from '../reports/log-scan/scan.js';
import { logText } from '../text/log-text.js';
import type { OwnLog } from './own-log.js';

/** A line of a log as a person may see it. */
export interface MarkedLine {
  readonly text: string;
  /** What the scanner of logs takes it for; missing for all others. */
  readonly kind?: 'error' | 'warning';
}

/** Logs up to this are searched for errors before they are shown, in bytes. */
const SEARCHED = 64 * 1024 * 1024;
/** UTF-16 units; a line without an end must not grow without bound. */
const LONGEST_LINE = 1024 * 1024;

/**
 * The lines of a log, piece by piece, so that one of any length takes the memory of a piece. Closes it.
 *
 * @param path of the same log
 */
export async function* markedLines(
  { fd, size }: Extract<OwnLog, { readonly kind: 'open' }>,
  path: string,
): AsyncGenerator<readonly MarkedLine[]> {
  const stream = createReadStream('', { fd, start: 0 });
  try {
    const kinds = await kindsIn(path, size);
    const decoder = new StringDecoder('utf8');
    let number = 1;
    let rest = '';
    const marked = (line: string): MarkedLine => {
      const kind = kinds.get(number++);
      return kind === undefined ? { text: logText(line) } : { text: logText(line), kind };
    };
    for await (const chunk of stream) {
      const lines = `${rest}${decoder.write(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) [lines[lines.length], rest] = [rest, ''];
      if (lines.length > 0) yield lines.map(marked);
    }
    if (rest !== '') yield [marked(rest)];
  } finally {
    stream.destroy();
  }
}

/** By the numbers of the lines; those of a log that is too long for a search are not known. */
async function kindsIn(path: string, size: number): Promise<ReadonlyMap<number, 'error' | 'warning'>> {
  if (size > SEARCHED) return new Map();
  const scan = await scanLog(path).catch(() => undefined);
  return new Map(scan?.findings.map(({ logLine, kind }) => [logLine, kind]));
}
