import { linesOf } from '../files/lines.js';
import { type Contention, Tally } from './tally.js';

/**
 * Adds up a log of waits, however long it is.
 *
 * @param top how many of the worst targets to name
 * @throws the stream's error
 */
export async function readLog(chunks: AsyncIterable<Buffer>, top: number): Promise<Contention> {
  const tally = new Tally();
  for await (const line of linesOf(chunks)) tally.addLine(line);
  return tally.result(top);
}
