import { describe, expect, test } from 'vitest';
import type { PastRun } from '../../src/stages/history.js';
import type { FoundStageLock } from '../../src/stages/stage-lock.js';
import { isFarLonger, stuckOn } from '../../src/stages/stuck.js';

const NOW = Date.parse('2002-01-31T12:00:00Z');
const MINUTE = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();

function lock(heldMs: number, touchedAgoMs = 0): FoundStageLock {
  const record = {
    stage: 'running',
    build: 'gcc',
    site: 's',
    host: 'other',
    pid: 7,
    user: 'u',
    since: iso(NOW - heldMs),
    command: 'c',
    buildstamp: 'b',
    run: 'r',
  };
  return { path: '/b/running', name: 'running', record, touchedMs: NOW - touchedAgoMs };
}

/** Runs that took so many minutes each. */
const past = (...minutes: number[]): PastRun[] =>
  minutes.map((each) => ({ run: 'r', stamp: 's', begun: iso(NOW - 1e9), ended: iso(NOW - 1e9 + each * MINUTE) }));

describe('a build is stuck', () => {
  test('on a lock of a dead run, and on one without a record', () => {
    const dead = { lock: lock(MINUTE), fate: 'dead', past: [] } as const;
    expect(stuckOn([{ ...dead, fate: 'alive' }, dead], NOW)).toEqual({ kind: 'dead-lock', lock: dead.lock });
    const { record: _, ...bare } = lock(MINUTE);
    expect(stuckOn([{ lock: { ...bare, record: undefined }, fate: 'unknown', past: [] }], NOW)?.kind).toBe('dead-lock');
  });

  test('on a lock of another host that is not renewed any more, and not on one that is', () => {
    const of = (touchedAgoMs: number) =>
      stuckOn([{ lock: lock(60 * MINUTE, touchedAgoMs), fate: 'unknown', past: [] }], NOW);
    expect(of(30_000)).toBeUndefined();
    expect(of(9 * MINUTE)).toBeUndefined();
    expect(of(11 * MINUTE)).toMatchObject({ kind: 'dead-lock' });
  });

  test('on a run that takes far longer than the last ones', () => {
    const of = (minutes: number, ...runs: number[]) =>
      stuckOn([{ lock: lock(minutes * MINUTE), fate: 'alive', past: past(...runs) }], NOW);
    expect(of(61, 5, 20)).toMatchObject({ kind: 'long-run', ms: 61 * MINUTE });
    expect(of(59, 5, 20)).toBeUndefined();
    // What is short may become much longer before it is worth a word.
    expect(of(29, 1)).toBeUndefined();
    expect(of(31, 1)).toMatchObject({ kind: 'long-run' });
    // Of a first run it is not known how long it takes.
    expect(of(600)).toBeUndefined();
  });

  test('by its last twenty runs: what was long ago says nothing', () => {
    expect(isFarLonger(61 * MINUTE, past(300, ...Array(20).fill(20)))).toBe(true);
    expect(isFarLonger(61 * MINUTE, past(300, ...Array(19).fill(20)))).toBe(false);
  });
});
