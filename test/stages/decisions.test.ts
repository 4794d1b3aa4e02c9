import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nightlyStartOf } from '../../src/config/nightly-start.js';
import type { Build } from '../../src/config/project.js';
import type { ProcessFacts } from '../../src/host/host.js';
import { buildstampOf, tagFileText } from '../../src/stages/buildstamp.js';
import { addDuration, expectedMs } from '../../src/stages/durations.js';
import { judgeRun } from '../../src/stages/fate.js';
import { adviceOnInterval } from '../../src/stages/messages.js';
import { isStageLockName, secondaryLockName, secondaryOf, stageFileName } from '../../src/stages/names.js';
import { PulseWatch } from '../../src/stages/pulse.js';
import { parseStageLock, type StageLockRecord } from '../../src/stages/stage-lock.js';

const record: StageLockRecord = {
  stage: 'build',
  build: 'gcc',
  site: 'here',
  host: 'alpha',
  pid: 4711,
  processStart: 100,
  bootId: 'boot-1',
  user: 'ci',
  since: '2026-01-02T03:04:05.000Z',
  command: 'stagelock run gcc',
  buildstamp: '20260102-0304-Continuous',
  run: '0123456789abcdef',
};

describe('what became of the run that made a stage lock', () => {
  const running: ProcessFacts = { kind: 'running', startedMs: 0, startTicks: 100 };
  const on = (facts: ProcessFacts, name = 'alpha', bootId = 'boot-1') => ({ name, bootId, process: () => facts });

  test.each<[string, Parameters<typeof judgeRun>[1], string]>([
    ['alive, if its process runs and started when the lock says', on(running), 'alive'],
    ['dead, if there is no such process', on({ kind: 'absent' }), 'dead'],
    ['dead, if its process is a zombie', on({ kind: 'zombie' }), 'dead'],
    ['dead, if the pid belongs to a process that started at another time', on({ ...running, startTicks: 101 }), 'dead'],
    ['dead, if the host was restarted, whichever process has the pid now', on(running, 'alpha', 'boot-2'), 'dead'],
    ['alive, if /proc does not tell when the process started', on({ ...running, startTicks: undefined }), 'alive'],
    ['unknown on another host, although a process of that pid runs there', on(running, 'beta'), 'unknown'],
    ['unknown in a container of the same host', on({ kind: 'absent' }, 'alpha/pid-4026532201'), 'unknown'],
  ])('%s', (_, host, fate) => {
    expect(judgeRun(record, host).fate).toBe(fate);
  });

  test('unknown, if the file holds no record', () => {
    expect(judgeRun(undefined, on(running)).fate).toBe('unknown');
  });
});

describe('a stage lock', () => {
  test('is read back as it was written', () => {
    expect(parseStageLock(JSON.stringify(record))).toEqual(record);
  });

  test('without one of its fields, or cut off anywhere, is no record', () => {
    const text = JSON.stringify(record);
    for (let end = 0; end < text.length; end++) expect(parseStageLock(text.slice(0, end))).toBeUndefined();
    for (const field of ['stage', 'build', 'host', 'pid', 'user', 'since', 'command', 'run']) {
      expect(parseStageLock(JSON.stringify({ ...record, [field]: undefined }))).toBeUndefined();
    }
  });
});

describe('the pulse of an owner on another host', () => {
  test('is unknown until its lock was watched for long enough', () => {
    const watch = new PulseWatch();
    watch.see(1000, 0);
    watch.see(1000, 60_000);
    expect(watch.verdict(60_000)).toEqual({ kind: 'unknown' });
  });

  test('is felt when the time stamp changes, in whatever direction', () => {
    const watch = new PulseWatch();
    watch.see(1_000_000, 0);
    watch.see(999_000, 20_000);
    expect(watch.verdict(25_000)).toEqual({ kind: 'alive', agoMs: 5000 });
  });

  test('is gone when the time stamp has not changed for three beats', () => {
    const watch = new PulseWatch();
    watch.see(1, 0);
    watch.see(2, 10_000);
    watch.see(2, 110_000);
    expect(watch.verdict(110_000)).toEqual({ kind: 'silent', forMs: 100_000 });
  });
});

describe('a buildstamp', () => {
  const at = (text: string): Date => new Date(text);

  test('is the time in UTC, and the model', () => {
    const stamp = buildstampOf('Continuous', at('2026-11-22T23:59:59.999Z'), nightlyStartOf('00:00:00 UTC'));
    expect(stamp).toEqual({ tag: '20261122-2359', model: 'Continuous', text: '20261122-2359-Continuous' });
    expect(tagFileText(stamp)).toBe('20261122-2359\nContinuous\nExperimental\n');
  });

  test.each([
    ['2026-11-22T22:55:00Z', '21:30:00 -0500', '20261122-0230'],
    ['2026-11-23T02:29:59Z', '21:30:00 -0500', '20261122-0230'],
    ['2026-11-23T02:30:00Z', '21:30:00 -0500', '20261123-0230'],
    ['2026-11-22T00:00:00Z', '00:00:00 UTC', '20261122-0000'],
    ['2026-11-22T10:00:00Z', '01:00:00 +0200', '20261121-2300'],
  ])('of a nightly run at %s with start %s is that of its night', (now, start, tag) => {
    expect(buildstampOf('Nightly', at(now), nightlyStartOf(start)).tag).toBe(tag);
  });
});

describe('names of locks', () => {
  test('lead from a secondary to its file and back', () => {
    expect(secondaryLockName('gcc-4.2')).toBe('running.gcc-4.2');
    expect(secondaryOf('running.gcc-4.2')).toBe('gcc-4.2');
    expect(secondaryOf('running')).toBeUndefined();
    expect(secondaryOf('.4711.0123456789abcdef.tmp')).toBeUndefined();
  });

  test('never leave the directory, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '\0', '-', ' ', 'Z') }), (name) => {
        for (const make of [secondaryLockName, stageFileName]) {
          let file = 'refused';
          try {
            file = make(name);
          } catch {
            // refused it is
          }
          expect(file).not.toMatch(/[/\0]/);
          expect(file.startsWith('.')).toBe(false);
        }
        if (isStageLockName(name)) expect(name).not.toMatch(/[/\0]/);
      }),
    );
  });
});

describe('the expected duration of a stage', () => {
  test('is the median of its last five runs', () => {
    const all = [100, 900, 10, 20, 30, 40, 5000].reduce((known, ms) => addDuration(known, 'build', ms), {});
    expect(all).toEqual({ build: [10, 20, 30, 40, 5000] });
    expect(expectedMs(all, 'build')).toBe(30);
    expect(expectedMs(all, 'test')).toBeUndefined();
  });
});

describe('a run that has waited longer than until its next one', () => {
  const everyTenMinutes = { name: 'debug', schedule: '*/10 * * * *' } as Build;

  test('is told that the interval is too short', () => {
    expect(adviceOnInterval(everyTenMinutes, 12 * 60_000)).toBe(
      'debug: waited 12 min for other builds, which is longer than the 10 min between its runs (*/10 * * * *); the interval is too short.',
    );
  });

  test('and no other process', () => {
    expect(adviceOnInterval(everyTenMinutes, 9 * 60_000)).toBeUndefined();
    expect(adviceOnInterval({ ...everyTenMinutes, schedule: undefined }, 9e9)).toBeUndefined();
  });
});
