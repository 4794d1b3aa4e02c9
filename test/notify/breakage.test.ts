import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Breakage, judgeBreakage, readBreakage, writeBreakage } from '../../src/notify/breakage.js';
import { projectOf } from './events.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-breakage-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const runOf = (run: string) => ({ run, stamp: `stamp of ${run}`, time: '2002-01-31T12:00:00Z' });
const GOOD: Breakage = { last: '' };

/** What runs mean, each after what is remembered of those before it; P passed, F failed. */
function eventsOf(runs: string): string[] {
  let memory = GOOD;
  return [...runs].map((result, index) => {
    const { event, since, next } = judgeBreakage('gcc', memory, result === 'F', runOf(String(index)));
    memory = next;
    return `${event ?? '-'}${since === undefined ? '' : ` since ${since.run} (${since.runs})`}`;
  });
}

describe('a build', () => {
  test('breaks at the first run that failed, and is fixed by the first that passed', () => {
    expect(eventsOf('PFFFPPFP')).toEqual([
      '-',
      'broken',
      '- since 1 (1)',
      '- since 1 (2)',
      'fixed since 1 (3)',
      '-',
      'broken',
      'fixed since 6 (1)',
    ]);
  });

  test('that breaks twice makes two events, and one that is decided twice is one', () => {
    const first = judgeBreakage('gcc', GOOD, true, runOf('1'));
    // The process died before it could remember that.
    expect(judgeBreakage('gcc', GOOD, true, runOf('2')).id).toBe(first.id);
    const fixed = judgeBreakage('gcc', first.next, false, runOf('3'));
    const second = judgeBreakage('gcc', fixed.next, true, runOf('4'));
    expect(new Set([first.id, fixed.id, second.id, judgeBreakage('clang', GOOD, true, runOf('1')).id]).size).toBe(4);
  });
});

describe('what is remembered', () => {
  test('is read as it was written, and what others have put there counts as nothing', () => {
    const project = projectOf(directory);
    expect(readBreakage(project, 'gcc')).toBeUndefined();
    const memory = { broken: { ...runOf('1'), runs: 2 }, last: 'x' };
    writeBreakage(project, 'gcc', memory);
    expect(readBreakage(project, 'gcc')).toEqual(memory);
    expect(readBreakage(project, 'clang')).toBeUndefined();
    writeFileSync(join(directory, 'notify', '.breakage', 'gcc.json'), '{"last": 5}');
    expect(readBreakage(project, 'gcc')).toBeUndefined();
  });

  test('is written through no link', () => {
    const elsewhere = join(directory, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(join(directory, 'notify'));
    symlinkSync(elsewhere, join(directory, 'notify', '.breakage'));
    expect(() => writeBreakage(projectOf(directory), 'gcc', GOOD)).toThrow(/symbolic link/);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(existsSync(join(elsewhere, 'gcc.json'))).toBe(false);
  });
});
