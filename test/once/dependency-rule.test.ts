import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { readDependencyRule } from './model/dependency-rule.js';
import { readSourceText } from './model/source-text.js';
import { answer, HAS_SANITIZERS, NativeOnce } from './native-once.js';

const CASES: readonly (readonly [text: string, inputs: readonly string[] | undefined])[] = [
  ['a.o: a.c b.h\n', ['a.c', 'b.h']],
  ['a.o: a.c \\\n b.h \\\n c/d.h\n', ['a.c', 'b.h', 'c/d.h']],
  ['a.o: a.c b.h\nb.h:\n', ['a.c', 'b.h']],
  ['a.o: a.c b.h\n\nb.h:\n\nc.h:\n', ['a.c', 'b.h']],
  ['a.o a.d: a.c', ['a.c']],
  ['a.o \\\n a.d: a.c\n', ['a.c']],
  ['c:/a.o: c:/a.c\n', ['c:/a.c']],
  ['a.o: with\\ blank.h a\\#b.h a$$b.h\n', ['with blank.h', 'a#b.h', 'a$b.h']],
  ['a.o: a\\\\b.h\n', undefined],
  ['a.o: a\\b.h\n', undefined],
  ['a.o: a$b.h\n', undefined],
  ['a.o: a.c # b.h\n', undefined],
  ['a.o: a.c\nb.o: b.c\n', undefined],
  ['a.o: a.c\r\n', undefined],
  ['a.o: a\0.c\n', undefined],
  ['a.o:\n', undefined],
  ['a.o\n', undefined],
  ['', undefined],
  ['\\', undefined],
  ['a.o: a.c \\', undefined],
];

test.each(CASES)('a dependency file %j names %j', (text, inputs) => {
  expect(readDependencyRule(text)).toEqual(inputs);
});

describe.skipIf(!HAS_SANITIZERS)('the native reader (needs a C compiler with its sanitizers)', () => {
  const native = HAS_SANITIZERS ? new NativeOnce() : undefined;
  afterAll(() => native?.remove());

  test('agrees, on every case and on random text', () => {
    const random = new Random(11);
    const parts = ['a', '.h', ' ', ' ', '\\', '\n', ':', ': ', '$', '#', '\t', '\\\n', '\\ ', '$$', '\r', '\0', 'ü'];
    const texts = Array.from({ length: 5000 }, () =>
      Array.from({ length: random.below(14) }, () => random.pick(parts)).join(''),
    );
    const all = [...CASES.map(([text]) => text), ...texts];
    expect(native?.ask('rule', all)).toEqual(all.map((text) => answer(readDependencyRule(text))));
  });

  const compilers = ['gcc', 'clang'].filter((name) => spawnSync(name, ['--version']).status === 0);
  test.each(compilers)('what %s writes names the files that it read, or cannot be read', (compiler) => {
    const directory = mkdtempSync(join(tmpdir(), 'stagelock-rule-'));
    try {
      const names = [
        'plain.h',
        'with blank.h',
        'a#b.h',
        'a$b.h',
        'a\\b.h',
        'a\\ b.h',
        'a\\#b.h',
        'a:b.h',
        'ü.h',
        'a  b .h',
      ];
      let read = 0;
      for (const [index, name] of names.entries()) {
        const folder = join(directory, String(index));
        mkdirSync(folder);
        writeFileSync(join(folder, name), '');
        writeFileSync(join(folder, 'a.c'), `#include "${name}"\n`);
        const done = spawnSync(compiler, ['-c', '-MD', '-MP', 'a.c'], { cwd: folder });
        expect(done.status).toBe(0);
        // Clang names another file; the text of the source says so.
        if (compiler === 'clang' && readSourceText(readFileSync(join(folder, 'a.c'), 'latin1')) === undefined) continue;
        const inputs = readDependencyRule(readFileSync(join(folder, 'a.d'), 'latin1'));
        if (inputs === undefined) continue;
        read++;
        const utf8 = inputs.map((input) => Buffer.from(input, 'latin1').toString().replace(/^\.\//, ''));
        expect(utf8.filter((input) => !input.startsWith('/'))).toEqual(['a.c', name]);
      }
      expect(read).toBeGreaterThan(4);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
