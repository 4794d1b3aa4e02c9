import { describe, expect, test } from 'vitest';
import type { RemoteAnswer } from '../../src/cleanup/remote-host.js';
import { judgeLock, judgeTemporary, type TemporaryFacts } from '../../src/cleanup/verdict.js';
import type { Judgement } from '../../src/locks/index.js';

const HOUR = 3_600_000;

describe('a lock', () => {
  const decide = (
    fate: Judgement['fate'],
    ageS: number,
    host = 'there',
    answer?: RemoteAnswer | undefined,
  ): ReturnType<typeof judgeLock> =>
    judgeLock(
      { kind: 'held', owner: { host, pid: 4711 }, sinceMs: 0, judgement: { fate, why: 'because' } },
      { ageMs: ageS * 1000, minAgeMs: 600_000, here: { name: 'here' }, answer },
    );
  const answered = (elapsedS: number | undefined | 'absent'): RemoteAnswer => ({
    kind: 'answered',
    fates: new Map([[4711, elapsedS === 'absent' ? { kind: 'absent' } : { kind: 'running', elapsedS }]]),
  });

  test('of a dead owner goes once it is old enough, even if its time stamp lies in the future', () => {
    expect(decide('dead', 700, 'here').kind).toBe('stale');
    expect(decide('dead', 500, 'here').kind).toBe('young');
    expect(decide('dead', -500, 'here').kind).toBe('young');
    expect(decide('dead', -700, 'here').kind).toBe('stale');
  });

  test('of a living owner stays at any age', () => {
    expect(decide('alive', 1e6, 'here')).toEqual({ kind: 'in-use', why: 'because' });
  });

  test('of another host is asked for there, but not while it is young', () => {
    expect(decide('unknown', 700)).toEqual({ kind: 'ask', host: 'there', pid: 4711 });
    expect(decide('unknown', 500).kind).toBe('young');
  });

  test.each(['-oProxyCommand=x', 'a;b', 'a b', 'there/pid-4026532', 'root@there', '$(x)', '..', 'a..b', '[::1]', 'é'])(
    'of a host called %j is asked for nowhere',
    (host) => {
      expect(decide('unknown', 700, host).kind).toBe('unknown');
    },
  );

  test('goes only if its host says that there is no such process, or one that is younger than the lock', () => {
    expect(decide('unknown', 700, 'there', answered('absent')).kind).toBe('stale');
    expect(decide('unknown', 700, 'there', answered(600)).kind).toBe('stale');
    expect(decide('unknown', 700, 'there', answered(650)).kind).toBe('in-use');
    expect(decide('unknown', 700, 'there', answered(undefined)).kind).toBe('in-use');
    expect(decide('unknown', 700, 'there', { kind: 'answered', fates: new Map() }).kind).toBe('unknown');
    expect(decide('unknown', 700, 'there', { kind: 'no-answer', why: 'no route' })).toEqual({
      kind: 'unknown',
      why: 'because; no route',
    });
  });
});

describe('a temporary', () => {
  const decide = (facts: Partial<TemporaryFacts>): string =>
    judgeTemporary({
      process: { fate: 'dead', why: 'its process no longer exists' },
      hold: 'free',
      ageMs: 11 * 60_000,
      minAgeMs: 600_000,
      network: false,
      certain: true,
      ...facts,
    }).kind;

  test('goes when its target is not locked, its process is gone and it is old enough', () => {
    expect(decide({})).toBe('stale');
    expect(decide({ ageMs: 9 * 60_000 })).toBe('young');
    expect(decide({ certain: false })).toBe('unknown');
  });

  test('stays while its target is locked, however old it is and whatever its process', () => {
    expect(decide({ hold: 'taken', ageMs: 1000 * HOUR })).toBe('in-use');
  });

  test('stays while its process runs here: its lock may have been removed by force', () => {
    expect(decide({ process: { fate: 'alive', why: 'it runs' } })).toBe('in-use');
  });

  test('whose lock cannot be seen has a day', () => {
    expect(decide({ hold: 'unseen', ageMs: 23 * HOUR, network: true })).toBe('young');
    expect(decide({ hold: 'unseen', ageMs: 25 * HOUR, network: true })).toBe('stale');
  });

  test('under no lock has an hour, whatever --min-lock-age says', () => {
    expect(decide({ hold: 'none', ageMs: 0.9 * HOUR, minAgeMs: 0 })).toBe('young');
    expect(decide({ hold: 'none', ageMs: 1.1 * HOUR, minAgeMs: 0 })).toBe('stale');
  });

  test('on a network file system has two minutes, because names are cached there', () => {
    expect(decide({ minAgeMs: 0, ageMs: 100_000, network: true })).toBe('young');
    expect(decide({ minAgeMs: 0, ageMs: 100_000 })).toBe('stale');
  });
});
