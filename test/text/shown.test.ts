import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText } from '../../src/text/json.js';
import { shellWord } from '../../src/text/shell-word.js';
import { shown, shownLines } from '../../src/text/shown.js';
import { nastyText } from '../support/nasty-text.js';

/** What Unicode calls controls, formats, separators of lines, halves of surrogate pairs and ignorable. */
const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}]/u;

describe('a text from others', () => {
  test.each([
    ['plain /path/to/Ünïcödé 構築', 'plain /path/to/Ünïcödé 構築'],
    ['a\nstagelock: all clear\r\t', 'a\\nstagelock: all clear\\r\\t'],
    ['\x1b[2J\x07\x7f\x00', '\\x1b[2J\\x07\\x7f\\x00'],
    ['\u009b31m', '\\u009b31m'],
    ['a\u202eb\u2028c\u200bd\ufeff', 'a\\u202eb\\u2028c\\u200bd\\ufeff'],
    ['\u{e0041}\ud800', '\\u{e0041}\\ud800'],
    ['😀', '😀'],
  ])('%j is shown as %s', (text, line) => {
    expect(shown(text)).toBe(line);
  });

  test('is cut when it is very long, and says by how much, and never in the middle of a character', () => {
    expect(shown('x'.repeat(100), 10)).toBe('xxxxxxxxxx[... 90 more characters]');
    expect(shown(`${'x'.repeat(9)}😀y`, 10)).toBe('xxxxxxxxx[... 3 more characters]');
    expect(shown('x'.repeat(1_000_000)).length).toBeLessThan(5000);
  });

  test('never steers a terminal or begins a line', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        expect(shown(text)).not.toMatch(STEERS);
        expect(shownLines(text).replaceAll(/[\n\t]/g, '')).not.toMatch(STEERS);
        expect(shownLines(text).split('\n')).toHaveLength(text.split('\n').length);
      }),
    );
  });

  test('is escaped wherever this version of Unicode has a character of such a kind', () => {
    const missed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (STEERS.test(character) && shown(character) === character) missed.push(code.toString(16));
    }
    expect(missed).toEqual([]);
  });
});

describe('JSON for standard output', () => {
  test('means the same and steers no terminal', () => {
    fc.assert(
      fc.property(nastyText, nastyText, (name, value) => {
        const wanted = { [`k${name}`]: [value, 1, null], u: undefined };
        const text = jsonText(wanted, 2);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(wanted)));
        expect(text.replaceAll('\n', '')).not.toMatch(STEERS);
        expect(text.split('\n')).toHaveLength(JSON.stringify({ k: ['', 1, null] }, null, 2).split('\n').length);
      }),
    );
  });
});

describe('a word of a command to copy', () => {
  test.each([
    ['/srv/build/gcc-12', '/srv/build/gcc-12'],
    ['', "''"],
    ['/srv/my build', "'/srv/my build'"],
    ["it's", "'it'\\''s'"],
    ['p; touch /tmp/x #', "'p; touch /tmp/x #'"],
    ['$(id)`id`', "'$(id)`id`'"],
    ['~root', "'~root'"],
    ['a\nb\x1b[2J!', '"$(printf \'a\\012b\\033\\1332J\\041\')"'],
    ['-\u202e', '"$(printf \'\\055\\342\\200\\256\')"'],
    ['a b\n', "'a b''\n'"],
  ])('%j is %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });

  test.each(['dash', 'bash', 'sh'])('%s reads the text from it', (shell) => {
    // No NUL in an argument, and halves of surrogate pairs are no UTF-8.
    const texts = fc.sample(nastyText, 300).map((text) => Buffer.from(text.replaceAll('\0', '')).toString());
    const script = texts.map((text) => `printf '%s\\0' ${shellWord(text)}`).join('\n');
    const read = execFileSync(shell, ['-c', script]).toString().split('\0').slice(0, -1);
    expect(read).toEqual(texts);
  });

  test('never steers a terminal, and begins no line with anything but its end', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const word = shellWord(text);
        expect(word.replaceAll('\n', '')).not.toMatch(STEERS);
        expect(word).toMatch(/^[^\n]*(\n+')?$/);
      }),
    );
  });
});
