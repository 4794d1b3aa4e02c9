import { describe, expect, test } from 'vitest';
import type { SpooledLetter } from '../../src/mail/spool.js';
import { familiesOf } from '../../src/metrics/build-metrics.js';
import { prometheusText } from '../../src/metrics/text-format.js';
import type { BuildStatus } from '../../src/stages/status.js';

const NOW = new Date('2026-01-31T12:00:00Z');
const past = { run: 'r', begun: '2026-01-31T11:00:00Z', ended: '2026-01-31T11:01:30Z', stamp: 's', waitedMs: 2500 };

function status(more: Partial<BuildStatus> = {}): BuildStatus {
  const undelivered = { count: 2, bytes: 9, oldest: undefined };
  return { build: 'gcc', role: 'primary', locks: [], waitsFor: [], undelivered, past: {}, ...more };
}

const letter = {} as SpooledLetter;
const MAILS = { waiting: [letter, letter, letter], failed: [letter], noWay: undefined, problems: [] };

const textOf = (...builds: BuildStatus[]): string =>
  prometheusText(familiesOf('demo', { builds, mails: MAILS, events: [{ subscriber: 'chat', waiting: 5 }] }, NOW));

/** A line of the format, as Prometheus reads it. */
const LINE =
  /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,(?!\}))?)+\})? (?:[-+]?[0-9.e+]+|NaN|[+-]Inf))$/;

describe('the metrics of a project', () => {
  test('say when each build passed, how long it took and waited, what it owes', () => {
    const stages = [{ name: 'build', outcome: 'failed', ms: 61_000 }];
    const last = { ...past, run: 'r2', result: 'stage-failed', stages };
    const passed = { ...past, result: 'done', ended: '2026-01-31T10:00:00Z' };
    const lines = textOf(status({ past: { last: { ...last, result: 'held' }, judged: last, passed }, owes: 4 })).split(
      '\n',
    );
    const labels = 'project="demo",build="gcc"';
    for (const line of [
      `stagelock_last_success_timestamp_seconds{${labels}} ${Date.parse('2026-01-31T10:00:00Z') / 1000}`,
      `stagelock_last_run_timestamp_seconds{${labels}} ${Date.parse(past.ended) / 1000}`,
      `stagelock_last_run_success{${labels}} 0`,
      `stagelock_last_run_duration_seconds{${labels}} 90`,
      `stagelock_last_run_waited_seconds{${labels}} 2.5`,
      `stagelock_last_run_stage_duration_seconds{${labels},stage="build"} 61`,
      `stagelock_updates_to_build{${labels}} 4`,
      `stagelock_reports_waiting{${labels}} 2`,
      'stagelock_mails_waiting{project="demo"} 3',
      'stagelock_mails_given_up{project="demo"} 1',
      'stagelock_events_waiting{project="demo",subscriber="chat"} 5',
    ]) {
      expect(lines).toContain(line);
    }
  });

  test('hold the age of each lock with what became of its owner', () => {
    const record = { since: '2026-01-31T11:58:00Z' };
    const lock = { path: '/x', name: 'running', record, touchedMs: 0, judgement: { fate: 'dead', why: '' } };
    expect(textOf(status({ locks: [lock] as never }))).toContain(
      'stagelock_lock_age_seconds{project="demo",build="gcc",lock="running",owner="dead"} 120\n',
    );
  });

  test('are read by Prometheus whatever names there are, each family once, and nothing is said of what is not known', () => {
    const evil = status({ build: 'a"b\\c\nd{}', locks: [], past: { last: { ...past, ended: 'never' } } });
    const text = textOf(evil, status());
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(LINE);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(text).not.toContain('NaN');
    expect(text).not.toContain('last_success');
    expect(text).toContain('build="a\\"b\\\\c\\nd{}"');
  });
});
