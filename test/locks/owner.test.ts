import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProcessFacts } from '../../src/host/host.js';
import { formatOwner, judge, parseOwner, type Sighting } from '../../src/locks/owner.js';

const hostName = fc.stringMatching(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,60}[A-Za-z0-9])?(?:\/pid-[0-9]{10})?$/);
const pid = fc.integer({ min: 1, max: 4_194_304 });

describe('an owner record', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(hostName, pid, (host, pid) => {
        expect(parseOwner(formatOwner({ host, pid }))).toEqual({ host, pid });
      }),
    );
  });

  test('has exactly two fields', () => {
    expect(formatOwner({ host: 'builder.example.org', pid: 4711 })).toBe('builder.example.org:4711');
  });

  test('is read with a third field and with a newline, as other versions write it', () => {
    fc.assert(
      fc.property(
        hostName,
        pid,
        fc.stringMatching(/^[a-z0-9.-]{0,12}$/),
        fc.constantFrom('', '\n', '\r\n', ' '),
        (...all) => {
          const [host, number, third, end] = all;
          expect(parseOwner(`${host}:${number}:${third}${end}`)).toEqual({ host, pid: number });
          expect(parseOwner(`${host}:${number}${end}`)).toEqual({ host, pid: number });
        },
      ),
    );
  });

  test('is read where it is a pid alone, as older helpers write it for cifs', () => {
    expect(parseOwner('4711\n')).toEqual({ host: '', pid: 4711 });
    expect(formatOwner({ host: '', pid: 4711 })).toBe('4711');
  });

  test.each([
    ...[
      '',
      '\n',
      'host',
      'host:',
      ':4711',
      'host:0',
      'host:-1',
      'host:12x',
      'host:1e3',
      'host:0x10',
      '0',
      'a b:1',
      '4711 2',
    ],
    ...['host: 1', 'host:1 2', 'host:1\nhost:2', 'host:99999999999', '\0\0\0\0', 'host:1.5', 'höst 1', '{"pid":1}'],
  ])('is not seen in %j', (text) => {
    expect(parseOwner(text)).toBeUndefined();
  });

  test('is never seen in garbage, or names a real pid and a host without spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const owner = parseOwner(text);
        if (owner === undefined) return;
        expect(owner.pid).toBeGreaterThan(0);
        expect(Number.isSafeInteger(owner.pid)).toBe(true);
        expect(owner.host).toMatch(/^[^\s:]*$/);
        expect(
          text.startsWith(owner.host === '' ? (String(owner.pid)[0] ?? '') : `${owner.host}:`) || text.startsWith('0'),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the owner of a lock', () => {
  const NOW = Date.parse('2024-05-06T07:08:09Z');
  const MADE = NOW - 60_000;
  const running = (startedMs: number | undefined): ProcessFacts => ({
    kind: 'running',
    startedMs,
    startTicks: undefined,
  });
  const verdict = (
    facts: ProcessFacts,
    { owner = { host: 'here', pid: 7 }, offset = 0, ...more }: Partial<Sighting> & { offset?: number | undefined } = {},
  ): string => {
    const host = { name: 'here', process: () => facts, now: () => NOW };
    return judge({ owner, madeMs: MADE, ...more }, { host, clockOffsetMs: offset, ownerlessMs: 5000 }).fate;
  };

  test('is dead when no such process is there', () => expect(verdict({ kind: 'absent' })).toBe('dead'));
  test('is dead when it is a zombie', () => expect(verdict({ kind: 'zombie' })).toBe('dead'));
  test('is alive when it runs since before', () => expect(verdict(running(MADE - 1))).toBe('alive'));
  test('is alive when it runs and its start is hidden', () => expect(verdict(running(undefined))).toBe('alive'));
  test('is dead when that process started after the lock', () => expect(verdict(running(MADE + 3001))).toBe('dead'));
  test('is alive within the coarseness of time stamps', () => expect(verdict(running(MADE + 3000))).toBe('alive'));

  test.each([
    // The server's clock is an hour ahead: our lock of now looks as if it came from the future.
    { offset: 3_600_000, madeMs: MADE + 3_600_000, started: MADE - 10_000, fate: 'alive' },
    { offset: 3_600_000, madeMs: MADE + 3_600_000, started: MADE + 10_000, fate: 'dead' },
    // An hour behind: our lock of now looks an hour old, older than its own maker.
    { offset: -3_600_000, madeMs: MADE - 3_600_000, started: MADE - 10_000, fate: 'alive' },
    { offset: -3_600_000, madeMs: MADE - 3_600_000, started: MADE + 10_000, fate: 'dead' },
  ])('is judged by the clock of the server ($offset ms): $fate', ({ offset, madeMs, started, fate }) => {
    expect(verdict(running(started), { offset, madeMs })).toBe(fate);
  });

  test('is not called dead by its start when the clock of the server is not known', () => {
    const host = { name: 'here', process: () => running(MADE + 3_600_000), now: () => NOW };
    const sighting = { owner: { host: 'here', pid: 7 }, madeMs: MADE };
    expect(judge(sighting, { host, clockOffsetMs: undefined, ownerlessMs: 5000 }).fate).toBe('alive');
  });

  test.each(['there', 'here.example.org', 'here/pid-4026532178', 'HERE'])(
    'on %s is never judged from here, whatever runs under its pid here',
    (name) => {
      for (const facts of [{ kind: 'absent' }, { kind: 'zombie' }, running(NOW)] as const) {
        expect(verdict(facts, { owner: { host: name, pid: 7 } })).toBe('unknown');
      }
    },
  );

  const ownerless = (ageMs: number, clockOffsetMs: number | undefined = 0, obscure?: string): string => {
    const host = { name: 'here', process: () => ({ kind: 'absent' }) as const, now: () => NOW };
    const sighting = { owner: undefined, madeMs: NOW - ageMs, ...(obscure === undefined ? {} : { obscure }) };
    return judge(sighting, { host, clockOffsetMs, ownerlessMs: 5000 }).fate;
  };
  test('without a record is unknown while the lock is young', () => expect(ownerless(5000)).toBe('unknown'));
  test('without a record is dead when the lock is old', () => expect(ownerless(5001)).toBe('dead'));
  test('without a record is unknown when the time stamp is none yet, as NFS shows a file that is just being made', () =>
    expect(ownerless(56 * 365 * 24 * 3600 * 1000)).toBe('unknown'));
  test('without a record is unknown when the lock is from the future', () =>
    expect(ownerless(-99_999)).toBe('unknown'));
  test('without a record ages by the clock of the server', () => {
    expect(ownerless(6000, -2000)).toBe('unknown');
    expect(ownerless(4000, 2000)).toBe('dead');
    expect(
      judge(
        { owner: undefined, madeMs: 0 },
        {
          host: { name: 'here', process: () => ({ kind: 'absent' }), now: () => NOW },
          clockOffsetMs: undefined,
          ownerlessMs: 5000,
        },
      ).fate,
    ).toBe('unknown');
  });
  test('with a record that cannot be understood is unknown at any age', () => {
    expect(ownerless(9_999_999, 0, 'its record makes no sense')).toBe('unknown');
  });
});
