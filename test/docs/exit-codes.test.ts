import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { HELP as cleanupHelp } from '../../src/cli/cleanup-help.js';
import { EXIT_MEANINGS } from '../../src/cli/documented.js';
import { EXIT } from '../../src/cli/exit.js';
import { program } from '../../src/cli/program.js';
import { HELP as helperHelp } from '../../src/tables/helper-help.js';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'exit-codes.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| -'));
const rowOf = (head: string): string => rows.find((row) => row.split('|')[1]?.trim() === head) ?? '';

test('docs/exit-codes.md has every exit code of stagelock, and no other one', () => {
  const codes = rows.flatMap((row) => /^\| (\d+) /.exec(row)?.[1] ?? []).map(Number);
  expect(codes.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  expect(Object.keys(EXIT_MEANINGS)).toEqual(Object.keys(EXIT));
  expect(rowOf('128+N')).not.toBe('');
});

test('no source file ends stagelock with another code', () => {
  const run = readFileSync(join(root, 'src', 'stages', 'exit-code.ts'), 'utf8');
  const mapping = /function exitCodeOf\([\s\S]*?\n}/.exec(run)?.[0] ?? '';
  const returned = [...mapping.matchAll(/\b(\d+)\b/g)].map(([, code]) => Number(code));
  expect(returned.length).toBeGreaterThan(5);
  const known: number[] = [...Object.values(EXIT), 128];
  expect(returned.filter((code) => !known.includes(code))).toEqual([]);
});

/** The paragraph of a help text about exit codes. */
const aboutCodes = (help: string): string => /Exit code: [\s\S]*?(?=\n\s*\n|$)/.exec(help)?.[0] ?? '';

function helpOf(command: Command): string {
  let text = command.helpInformation();
  const write = (part: string): void => {
    text += part;
  };
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return text;
}

describe('what --help says of exit codes is on the page', () => {
  const texts = [
    ...program().commands.map((command) => [`\`stagelock ${command.name()}\``, helpOf(command)] as const),
    ['`ct-lock-helper`', helperHelp] as const,
    ['`ct-cleanup-locks`', cleanupHelp] as const,
  ].filter(([, help]) => aboutCodes(help) !== '');

  test('some say it', () => expect(texts.length).toBeGreaterThanOrEqual(5));

  test.each(texts)('%s', (name, help) => {
    const row = rowOf(name);
    const codes = [...aboutCodes(help).matchAll(/(?<![+\w])\d{1,3}(?!\w)/g)].map(([code]) => code);
    // 0, 2 and 128+N mean the same everywhere.
    const own = codes.filter((code) => !['0', '2', '128'].includes(code));
    expect(own.filter((code) => !new RegExp(`\\b${code}\\b`).test(row))).toEqual([]);
  });
});
