// A worker of firings.ts: undertakes and begins each firing that it is told.
import { hostname } from 'node:os';
import { FiringBook } from '../../../src/scheduler/firing-book.js';

export interface BeginOrder {
  readonly firing: string;
}

export interface Begun {
  readonly host: string;
  readonly undertaken: boolean;
  readonly begun: boolean;
  readonly failure?: string;
}

const me = { host: hostname(), pid: process.pid };
const book = new FiringBook(process.argv[2] ?? '.', 'gcc');

process.on('message', ({ firing }: BeginOrder) => {
  let report: Begun = { host: me.host, undertaken: false, begun: false };
  try {
    const undertaken = book.undertake(firing, 1, me);
    // A look, such as every scheduler takes, has the client remember what it has seen.
    book.attempts(firing);
    report = { ...report, undertaken, begun: book.begin(firing, me) };
  } catch (error) {
    report = { ...report, failure: String(error) };
  }
  process.send?.(report);
});
process.send?.({ host: me.host, undertaken: false, begun: false } satisfies Begun);
