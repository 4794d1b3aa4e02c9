import { expect, test } from 'vitest';
import type { FoundStageLock } from '../../src/stages/stage-lock.js';
import { addWaits, WaitLedger } from '../../src/stages/waits.js';

const lock = (name: string, build?: string): FoundStageLock =>
  ({ path: `/t/${name}`, name, touchedMs: 0, record: build === undefined ? undefined : { build } }) as FoundStageLock;

test('each lock counts as long as it was there, whatever else was', () => {
  const ledger = new WaitLedger();
  ledger.see([lock('running.s1'), lock('running.s2', 'a name of its own')], 1000);
  ledger.see([lock('running.s2')], 4000);
  ledger.see([lock('running.s2'), lock('update', 'main')], 5000);
  expect(ledger.end(9000)).toEqual([
    { lock: 'running.s2', build: 's2', ms: 8000 },
    { lock: 'update', build: 'main', ms: 4000 },
    { lock: 'running.s1', build: 's1', ms: 3000 },
  ]);
  expect(ledger.end(99_000)).toHaveLength(3);
  expect(new WaitLedger().end(5)).toEqual([]);
});

test('a clock that jumps back takes nothing away', () => {
  const ledger = new WaitLedger();
  ledger.see([lock('update')], 5000);
  ledger.see([lock('update')], 1000);
  expect(ledger.end(2000)).toEqual([{ lock: 'update', build: undefined, ms: 1000 }]);
});

test('the waits of one run are added up by lock', () => {
  const first = [{ lock: 'a', build: 'x', ms: 5 }];
  expect(
    addWaits(first, [
      { lock: 'b', build: undefined, ms: 9 },
      { lock: 'a', build: 'x', ms: 3 },
    ]),
  ).toEqual([
    { lock: 'b', build: undefined, ms: 9 },
    { lock: 'a', build: 'x', ms: 8 },
  ]);
});
