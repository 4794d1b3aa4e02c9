import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { readSourceText } from './model/source-text.js';
import { answer, HAS_SANITIZERS, NativeOnce } from './native-once.js';

const CASES: readonly (readonly [text: string, asked: readonly string[] | undefined])[] = [
  ['int x;\n', []],
  ['', []],
  ['char *built = __DATE__;', undefined],
  ['char *built = __DA\\\nTE__;', undefined],
  ['char *built = __DA\\ \t\r\nTE__;', undefined],
  ['char *built = __DA??/\nTE__;', undefined],
  ['f(__TIME__, __FILE__);', undefined],
  ['f(__TIMESTAMP__);', undefined],
  ['asm(".IncBin \\"x\\"");', undefined],
  ['asm(".include \\"x.s\\"");', undefined],
  ['#include "x.h"\n', []],
  ['#include "a\\b.h"\n', undefined],
  ['#include "a.h"\nchar *line = "\\n";\n', []],
  ['#embed "x"\n', undefined],
  ['# \t embed "x"\n', undefined],
  ['%:embed "x"\n', undefined],
  ['#/**/embed "x"\n', undefined],
  ['int embedded = 1;', []],
  ['#if __has_embed("x")\n', undefined],
  ['#if __has_include("x.h")\n', ['"x.h"']],
  ['#if __has_include ( <a/x.h> ) || __has_include("y.h")\n', ['<a/x.h>', '"y.h"']],
  ['#if __has_include_next(<x.h>)\n', undefined],
  ['#if __has_include(X)\n', undefined],
  ['#if __has_include(<x.h>X)\n', undefined],
  ['#if __has_include(<>)\n', undefined],
  ['#if __has_include(/**/<x.h>)\n', undefined],
  ['#if __has_include/**/(<x.h>)\n', undefined],
  ['#if __has_inc\\\nlude(<x.h>)\n', ['<x.h>']],
  ['#define HAS __has_include\n#if HAS(<x.h>)\n', undefined],
  ['#define HAS(x) __has_include(x)\n', undefined],
  ['#if CALL(__has_include, <x.h>)\n', undefined],
  ['#define A(x) __has_##x\n', []],
  ['#ifdef __has_include\n#endif // __has_include\n', []],
  ['#if defined(__has_include) && defined __has_include\n', []],
  ['/* the __has_include argument */', []],
  ['#define HAS /* // */ __has_include\n', undefined],
  ['#define HAS "//" __has_include\n', undefined],
  ['#define xifdef __has_include\n', undefined],
  ['#define HAS(x) __has_include x\n', undefined],
  ['#if __has_include X\n', undefined],
  ['// if there is no __has_include\n', []],
  ['#pragma GCC dependency "x.y"\n', undefined],
  ['_Pragma("GCC\t dependency \\"x.y\\"")\n', undefined],
  ['#pragma GCC/**/dependency "x.y"\n', undefined],
  ['int dependency; // a dependency\n', []],
  ['#pragma GCC pch_preprocess "x.gch"\n', undefined],
  ['#line 1 "x.y"\n', undefined],
  ['# 1 "x.y" 2\n', undefined],
  ['%: line 7 "x.y"\n', undefined],
  ['??=line 7 "x.y"\n', undefined],
  ['#/**/line 7 "x.y"\n', undefined],
  ['#line LINE\n', undefined],
  ['#line 7', undefined],
  ['#line 7\n// line \n', []],
  ['char *line = "x"; int lines;\n#define LINE_ 5\n// 12 "x"\n', []],
  ['int a__has_include;', undefined],
  ['int has_include;', undefined],
  ['a\0b', undefined],
  ['\\', []],
  ['has_include', undefined],
];

test.each(CASES)('the text %j asks for %j', (text, asked) => {
  expect(readSourceText(text)?.asked).toEqual(asked);
});

describe.skipIf(!HAS_SANITIZERS)('the native reader (needs a C compiler with its sanitizers)', () => {
  const native = HAS_SANITIZERS ? new NativeOnce() : undefined;
  afterAll(() => native?.remove());

  test('agrees, on every case and on random text', () => {
    const random = new Random(12);
    const parts = [
      '__',
      'has_include',
      '__has_include',
      '_next',
      '(',
      ')',
      '<x>',
      '"y"',
      ' ',
      '\t',
      '\n',
      '\\\n',
      '??/',
      '\\',
    ]
      .concat([
        '#',
        '//',
        'defined',
        'define',
        'ifdef',
        '#embed',
        '__DATE',
        '__',
        'incbin',
        ',',
        'A',
        '##',
        '\r',
        '\v',
        '\0',
        'ü',
      ])
      .concat(['__has_include(<z.h>)', '#if ']);
    const texts = Array.from({ length: 20_000 }, () =>
      Array.from({ length: random.below(10) }, () => random.pick(parts)).join(''),
    );
    const all = [...CASES.map(([text]) => text), ...texts];
    const ours = all.map((text) => answer(readSourceText(text)?.asked));
    expect(native?.ask('source', all)).toEqual(ours);
    expect(ours.filter((shown) => shown !== '?\n' && shown !== '').length).toBeGreaterThan(100);
  });

  test('digests as Node does, whatever the length', () => {
    const texts = Array.from({ length: 300 }, (_, length) => 'x\xff\x80y'.repeat(length).slice(0, length));
    const ours = texts.map((text) => `${createHash('sha256').update(text, 'latin1').digest('hex')}\n`);
    expect(native?.ask('sha256', texts)).toEqual(ours);
  });
});
