import { constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { linesOf } from '../files/lines.js';
import { KEPT, keptLines } from './failure.js';

/** What of the log is looked through at most, in bytes: a failure must not keep its run for minutes. */
const MOST = 256 * 1024 * 1024;

/** CTest writes `2/5 Test: NAME`, later `Output:`, a line of dashes, the output, and at last this. */
const END_OF_OUTPUT = '<end of output>';

/**
 * The last lines of what tests wrote, from CTest's `Testing/Temporary/LastTest.log`. No link is followed.
 *
 * @param since of another run is a file that was last written before, in milliseconds since 1970
 * @param names of the tests
 * @returns empty where there is no such log
 * @throws the system's error when it cannot be read
 */
export async function outputsIn(
  file: string,
  since: number,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const outputs = new Map<string, readonly string[]>();
  const fd = openIfThere(file);
  if (fd === undefined) return outputs;
  const stream = createReadStream('', { fd, start: 0, end: MOST - 1 });
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.mtimeMs < since) return outputs;
    let test: string | undefined;
    let lines: string[] | undefined;
    for await (const line of linesOf(stream)) {
      const begun = line === undefined ? undefined : /^\d+\/\d+ Test: (.*)$/.exec(line)?.[1];
      if (begun !== undefined) [test, lines] = [names.has(begun) ? begun : undefined, undefined];
      else if (test === undefined) continue;
      else if (line === 'Output:' && lines === undefined) lines = [];
      else if (lines === undefined) continue;
      else if (line?.startsWith(END_OF_OUTPUT)) {
        // The line of dashes is the first.
        outputs.set(test, keptLines(lines.slice(lines.length > KEPT.testLines ? -KEPT.testLines : 1)));
        [test, lines] = [undefined, undefined];
      } else {
        lines.push(line ?? '[a line that is too long]');
        if (lines.length > 10 * KEPT.testLines) lines.splice(0, lines.length - KEPT.testLines - 1);
      }
    }
    return outputs;
  } finally {
    stream.destroy();
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
