import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/config/project.js';
import { GrowingLog } from '../../src/stages/growing-log.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-growing-'));
  mkdirSync(join(directory, 'Testing', 'Temporary'), { recursive: true });
  file = join(directory, 'Testing', 'Temporary', 'LastBuild_20260131-1121.log');
});
afterEach(() => rmSync(directory, { recursive: true }));

const logFrom = (start = 0): GrowingLog => new GrowingLog({ directory } as Build, file, start);

describe('a log that is written', () => {
  test('is read in whole lines from where it began, also when it comes late; the last one without an end comes last', () => {
    const log = logFrom(4);
    expect([log.next(), log.lastLine()]).toEqual(['', '']);
    writeFileSync(file, 'old\none\ntw');
    expect([log.lastLine(), log.next(), log.next()]).toEqual(['tw', 'one\n', '']);
    appendFileSync(file, 'o\n[stagelock] note\n\u00e9');
    expect(log.lastLine()).toBe('\u00e9');
    expect([...log.rest()]).toEqual(['two\n[stagelock] note\n', '\u00e9\n']);
  });

  test('takes the memory of a piece at its end, however much is left', () => {
    const line = `${'x'.repeat(99)}\n`;
    writeFileSync(file, line.repeat(100_000));
    const pieces = [...logFrom().rest()];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(256 * 1024);
    expect(pieces.join('')).toBe(line.repeat(100_000));
    writeFileSync(file, 'x'.repeat(1_000_000));
    expect([...logFrom().rest()].join('')).toBe('x'.repeat(1_000_000));
  });

  test('ends no run when it cannot be read', () => {
    mkdirSync(file);
    const log = logFrom();
    expect([log.next(), log.lastLine(), ...log.rest()]).toEqual(['', '']);
    rmSync(join(directory, 'Testing'), { recursive: true });
    writeFileSync(join(directory, 'Testing'), '');
    expect([...logFrom().rest()]).toEqual([]);
  });
});
