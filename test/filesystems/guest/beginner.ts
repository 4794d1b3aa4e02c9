// A worker of firings.ts: claims and begins each firing that it is told.
import { hostname } from 'node:os';
import type { Firing } from '../../../src/scheduler/firing.js';
import { FiringBook } from '../../../src/scheduler/firing-book.js';

export interface BeginOrder {
  readonly firing: Firing;
}

export interface Begun {
  readonly host: string;
  readonly claimed: boolean;
  readonly begun: boolean;
  readonly failure?: string;
}

const me = { host: hostname(), pid: process.pid };
const book = new FiringBook(process.argv[2] ?? '.', 'gcc');

process.on('message', ({ firing }: BeginOrder) => {
  let report: Begun = { host: me.host, claimed: false, begun: false };
  try {
    const claimed = book.claim(firing, 1, me);
    // A look, such as every scheduler takes, has the client remember what it has seen.
    book.attempts(firing);
    report = { ...report, claimed, begun: book.begin(firing, me) };
  } catch (error) {
    report = { ...report, failure: String(error) };
  }
  process.send?.(report);
});
process.send?.({ host: me.host, claimed: false, begun: false } satisfies Begun);
