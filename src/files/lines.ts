const NEWLINE = 0x0a;

/** A line of the log with a path of 4096 bytes has less than this. */
const LONGEST_LINE = 64 * 1024;

/**
 * The lines of a stream of bytes; undefined stands for one that is longer than any of ours. Holds one line at a time
 * and not more than that limit, which readline does not promise: a file of zeros is one line of gigabytes.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string | undefined> {
  let rest: Buffer[] = [];
  let length = 0;
  const take = (): string | undefined => {
    const line = length > LONGEST_LINE ? undefined : Buffer.concat(rest).toString('utf8');
    rest = [];
    length = 0;
    return line;
  };
  const add = (piece: Buffer): void => {
    length += piece.length;
    if (length > LONGEST_LINE) rest = [];
    else rest.push(piece);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.length) add(Buffer.from(chunk.subarray(from))); // a copy, so that the chunk can be freed
  }
  if (length > 0) yield take();
}
