import { spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bothEnds, endOfFile, inBytes } from '../../src/mail/excerpt.js';
import { logText } from '../../src/text/log-text.js';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-excerpt-'));
  file = join(directory, 'LastBuild.log');
});

afterEach(() => rmSync(directory, { recursive: true }));

const SIZE = { bytes: 100, lines: 3 };

describe('the end of a log', () => {
  test('is all of a short one', () => {
    writeFileSync(file, 'one\ntwo\n');
    expect(endOfFile(file, SIZE)).toBe('one\ntwo\n');
    writeFileSync(file, '');
    expect(endOfFile(file, SIZE)).toBe('');
  });

  test('is its last lines, with what was left out', () => {
    writeFileSync(file, 'one\ntwo\nthree\nfour\nfive');
    expect(endOfFile(file, SIZE)).toBe(`[... 8 bytes before this left out; all of it: ${file}]\nthree\nfour\nfive`);
    // Of what one run has written, what others wrote before it is no part.
    expect(endOfFile(file, SIZE, 8)).toBe('three\nfour\nfive');
    expect(endOfFile(file, SIZE, 14)).toBe('four\nfive');
  });

  test('begins with a line, and of one endless line with a character', () => {
    writeFileSync(file, `${'x'.repeat(200)}\n${'y'.repeat(40)}\nend\n`);
    expect(endOfFile(file, SIZE)).toMatch(/\]\ny{40}\nend\n$/);
    writeFileSync(file, 'ü€😀'.repeat(1000));
    const text = endOfFile(file, SIZE);
    expect(text).not.toContain('\ufffd');
    expect(text).toMatch(/\]\n[ü€😀]+$/u);
  });

  test('never splits a character, wherever it is cut', () => {
    writeFileSync(file, 'ü€😀'.repeat(100));
    expect(endOfFile(file, { bytes: 1000, lines: 9 }, 1_000_000)).toBe(endOfFile(file, { bytes: 1000, lines: 9 }));
    for (let bytes = 1; bytes < 40; bytes++) expect(endOfFile(file, { bytes, lines: 9 })).not.toContain('\ufffd');
  });

  test('of a gigabyte is found in no time and little memory', () => {
    const fd = openSync(file, 'w');
    ftruncateSync(fd, 1_000_000_000);
    writeSync(fd, '\nthe end\n', 1_000_000_000);
    closeSync(fd);
    const before = process.memoryUsage().rss;
    const begun = Date.now();
    expect(endOfFile(file, { bytes: 16_384, lines: 1 })).toBe(
      `[... 1 GB before this left out; all of it: ${file}]\nthe end\n`,
    );
    expect(Date.now() - begun).toBeLessThan(1000);
    expect(process.memoryUsage().rss - before).toBeLessThan(50e6);
  });

  test('of something else than a file is why there is none', () => {
    writeFileSync(file, 'secret\n');
    const link = join(directory, 'link');
    symlinkSync(file, link);
    expect(endOfFile(link, SIZE)).toMatch(/^\[.*link cannot be read: ELOOP/);
    expect(endOfFile(join(directory, 'none'), SIZE)).toMatch(/cannot be read: ENOENT/);
    expect(endOfFile(directory, SIZE)).toMatch(/is no regular file/);
    const fifo = join(directory, 'fifo');
    if (spawnSync('mkfifo', [fifo]).status === 0) expect(endOfFile(fifo, SIZE)).toMatch(/is no regular file/);
  });
});

describe('both ends of what a job wrote', () => {
  test('are all of a short text', () => expect(bothEnds('one\ntwo\n', SIZE)).toBe('one\ntwo\n'));

  test('have a line between them with what was left out', () => {
    expect(bothEnds('1\n2\n3\n4\n5\n6\n7\n8\n', SIZE)).toBe('1\n2\n3\n[... 4 bytes left out]\n6\n7\n8\n');
    const text = bothEnds(`${'a'.repeat(500)}${'b'.repeat(500)}`, SIZE);
    expect(text).toBe(`${'a'.repeat(100)}\n[... 800 bytes left out]\n${'b'.repeat(100)}`);
  });

  test('are of any text no more than asked for, well formed, and together with what is left out all of it', () => {
    const texts = fc.array(fc.constantFrom('a', 'ü', '€', '😀', '\n'), { maxLength: 400 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 4, max: 60 }), fc.integer({ min: 1, max: 9 }), (parts, bytes, lines) => {
        const text = parts.join('');
        const cut = bothEnds(text, { bytes, lines });
        expect(cut).not.toContain('\ufffd');
        const [, head = '', left = '', tail = ''] =
          /^([^[]*)\n\[\.\.\. (\d+) bytes? left out\]\n([^[]*)$/.exec(cut) ?? [];
        if (left === '') return cut === text;
        const [headBytes, tailBytes] = [Buffer.byteLength(head), Buffer.byteLength(tail)];
        expect(Math.max(headBytes, tailBytes)).toBeLessThanOrEqual(bytes);
        expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
        const missing = Buffer.byteLength(text) - headBytes - tailBytes - Number(left);
        // The end of the last line of the head is shown, but not as its own.
        return missing === 0 || missing === 1;
      }),
    );
  });
});

describe('what is quoted', () => {
  test('has no colours, and steers nothing', () => {
    expect(logText('\u001b[1;31merror\u001b[0m: \u001b]0;title\u0007no \u001b(Bway\u0000\u0008\u009b2J\n')).toBe(
      'error: no way\\x00\\x08\n',
    );
    expect(logText('10 %\r20 %\r\nend\r\r\n')).toBe('10 %\n20 %\nend\n');
    expect(logText('a\u202eb\u2028c\td')).toBe('a\\u202eb\\u2028c\td');
    // What never ends takes nothing with it.
    expect(logText('\u001b]0;no end\nmore')).toBe('0;no end\nmore');
  });

  test('never keeps a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !/(?![\n\t])\p{Cc}/u.test(logText(text))),
      { examples: [['\u001b'], ['\u001b[31\u001b[m'], ['\u001b\u001b[mm']] },
    );
  });

  test('is measured as people do', () => {
    expect([1, 999, 1000, 3_200_000, 999_960, 2e9].map(inBytes)).toEqual([
      '1 byte',
      '999 bytes',
      '1 kB',
      '3.2 MB',
      '1 MB',
      '2 GB',
    ]);
  });
});
