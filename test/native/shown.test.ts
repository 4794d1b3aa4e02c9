import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shellWord } from '../../src/text/shell-word.js';
import { shown } from '../../src/text/shown.js';
import { nastyText } from '../support/nasty-text.js';
import { hasRuntime, SANITIZERS } from '../support/runtime.js';

const CHECKS = hasRuntime('cc', ...SANITIZERS);

describe.skipIf(!CHECKS)('what the native front shows (needs a C compiler with its sanitizers)', () => {
  let directory = '';
  let driver = '';

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'stagelock-shown-'));
    driver = join(directory, 'driver');
    const sources = ['native/shown.c', 'native/report.c', 'native/text.c', 'test/native/shown-driver.c'].map((file) =>
      resolve(file),
    );
    const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-g', '-O1', '-Wall', '-Wextra', '-Werror'];
    execFileSync('cc', [...flags, ...SANITIZERS, '-o', driver, ...sources]);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** @returns what is shown and the shell's word, of each text */
  function answers(texts: readonly (string | Buffer)[]): [string, string][] {
    const input = Buffer.concat(texts.flatMap((text) => [Buffer.from(text), Buffer.of(0)]));
    const { stdout, stderr, status } = spawnSync(driver, {
      input,
      maxBuffer: 1 << 28,
      env: { ASAN_OPTIONS: 'detect_leaks=0' },
    });
    expect({ stderr: stderr.toString(), status }).toEqual({ stderr: '', status: 0 });
    const parts = stdout.toString().split('\0');
    return texts.map((_, index) => [parts[2 * index] ?? '', parts[2 * index + 1] ?? '']);
  }

  test('is the same to the byte as what the other helper shows', () => {
    // An argument holds no NUL, and Node sees no bytes that are no UTF-8.
    const texts = fc
      .sample(nastyText, 3000)
      .map((text) => Buffer.from(text.replaceAll('\0', '')).toString())
      .concat('', ' ', 'x'.repeat(5000), '\n', '\n\n', 'a\n', '\x1b\n');
    const all = Array.from({ length: 0x110000 }, (_, code) => code)
      .filter((code) => code > 0 && (code < 0xd800 || code > 0xdfff))
      .map((code) => String.fromCodePoint(code));
    const chunks = Array.from({ length: Math.ceil(all.length / 1000) }, (_, at) =>
      all.slice(at * 1000, at * 1000 + 1000).join(''),
    );
    const every = [...texts, ...chunks];
    const most = Number.POSITIVE_INFINITY;
    expect(answers(every)).toEqual(every.map((text) => [shown(text, most), shellWord(text)]));
  });

  test.each([
    [[0xe9], '\\xe9', `"$(printf '\\351')"`],
    [[0x61, 0xc3, 0x28], 'a\\xc3(', `"$(printf 'a\\303\\050')"`],
    [[0xc0, 0x80], '\\xc0\\x80', `"$(printf '\\300\\200')"`],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80', `"$(printf '\\355\\240\\200')"`],
    [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80', `"$(printf '\\364\\220\\200\\200')"`],
    [[0xe2, 0x82], '\\xe2\\x82', `"$(printf '\\342\\202')"`],
  ])('of bytes that are no UTF-8, %j, is their numbers', (bytes, line, word) => {
    expect(answers([Buffer.from(bytes)])).toEqual([[line, word]]);
  });
});
