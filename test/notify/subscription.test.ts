import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { EVENT } from '../../src/notify/event.js';
import { wants } from '../../src/notify/subscription.js';
import { recordText } from '../../src/records/schema.js';
import { command, event, ping, status, webhook } from './events.js';

const lock = { path: '/b/running', fate: 'alive' } as const;

describe('who gets an event', () => {
  test('a webhook and a command get what they are configured for, of their builds', () => {
    for (const subscriber of [
      webhook('http://x/', { on: new Set(['broken', 'run']), builds: new Set(['gcc']) }),
      command(['x'], { on: new Set(['broken', 'run']), builds: new Set(['gcc']) }),
    ]) {
      expect(wants(subscriber, event('broken'))).toBe(true);
      expect(wants(subscriber, event('run'))).toBe(true);
      expect(wants(subscriber, event('fixed'))).toBe(false);
      expect(wants(subscriber, event('start'))).toBe(false);
      expect(wants(subscriber, event('broken', { build: 'clang' }))).toBe(false);
      expect(wants(subscriber, event('run', { result: 'no-news' }))).toBe(false);
    }
  });

  test('none gets a run that never began, but a ping, when no other run tells how the build is', () => {
    const { stamp: _, tag: __, ...held } = event('run', { result: 'held', exitCode: 75, locks: [lock] });
    expect(wants(webhook('http://x/'), held)).toBe(false);
    expect(wants(ping('http://x/'), held)).toBe(false);
    expect(wants(ping('http://x/'), { ...held, locks: [{ ...lock, fate: 'dead' }, lock] })).toBe(true);
    expect(wants(ping('http://x/'), { ...held, locks: [{ ...lock, fate: 'unknown' }] })).toBe(true);
  });

  test('a ping gets the start and the end of every run, also of one without news', () => {
    for (const result of ['done', 'no-news', 'stage-failed', 'update-failed', 'interrupted'])
      expect(wants(ping('http://x/'), event('run', { result }))).toBe(true);
    expect(wants(ping('http://x/'), event('start'))).toBe(true);
    expect(wants(ping('http://x/'), event('broken'))).toBe(false);
  });

  test('statuses are of runs that build a commit of git', () => {
    const subscriber = status('http://x', '/token');
    expect(wants(subscriber, event('start'))).toBe(true);
    expect(wants(subscriber, event('run'))).toBe(true);
    expect(wants(subscriber, event('broken'))).toBe(false);
    const { update: _, ...without } = event('run');
    expect(wants(subscriber, without)).toBe(false);
    expect(
      wants(
        subscriber,
        event('run', { update: { system: 'hg', prior: '', revision: 'b'.repeat(40), commits: [], count: 0 } }),
      ),
    ).toBe(false);
  });
});

describe('config/notify-event.schema.json', () => {
  const schema = JSON.parse(readFileSync(new URL('../../config/notify-event.schema.json', import.meta.url), 'utf8'));
  const check = z.fromJSONSchema(schema);
  const written = (kind: Parameters<typeof event>[0], more = {}): Record<string, unknown> =>
    JSON.parse(recordText(EVENT, event(kind, more)));

  test('accepts what subscribers get', () => {
    const locks = [{ ...lock, build: 'gcc', host: 'h', pid: 1, since: '2002-01-31T11:00:00Z' }];
    const brokenSince = { run: 'r', stamp: 's', time: '2002-01-31T11:00:00Z', runs: 1 };
    const waits = [{ lock: 'update', build: 'gcc', ms: 5 }];
    for (const kind of ['start', 'run', 'broken', 'fixed', 'stuck', 'waited', 'test'] as const)
      expect(check.safeParse(written(kind, { locks, brokenSince, waits })).error).toBeUndefined();
  });

  test('names every key, and those that are always there', () => {
    const every = written('run', {
      locks: [lock],
      brokenSince: { run: 'r', stamp: 's', time: '2002-01-31T11:00:00Z', runs: 1 },
    });
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(every).sort());
    for (const key of schema.required) {
      const { [key]: _, ...rest } = every;
      expect(EVENT.check(rest), key).toBe(false);
      expect(check.safeParse(rest).success, key).toBe(false);
    }
  });

  test('refuses another version and another event', () => {
    expect(check.safeParse({ ...written('run'), version: 2 }).success).toBe(false);
    expect(check.safeParse({ ...written('run'), event: 'other' }).success).toBe(false);
  });
});
