import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose, SUSPICIOUS } from '../../src/reports/log-scan/diagnosis.js';
import { scanLog } from '../../src/reports/log-scan/scan.js';
import { temporaryDirectory } from '../updates/repository.js';

/** A line, and the place that it names. */
type Line = readonly [line: string, file?: string, number?: number];

const ERRORS: readonly Line[] = [
  ['/src/w.c:1:33: error: expected ‘;’ before ‘}’ token', '/src/w.c', 1],
  ['a b/x.cpp:12: fatal error: y.h: No such file or directory', 'a b/x.cpp', 12],
  ['x.c:3:1: internal compiler error: Segmentation fault', 'x.c', 3],
  ["a.s:4: Error: no such instruction: `foo'", 'a.s', 4],
  ["C:\\src\\x.cpp(7): error C2065: 'y': undeclared identifier", 'C:\\src\\x.cpp', 7],
  ['x.cpp(7,3): fatal error C1083: Cannot open include file', 'x.cpp', 7],
  ['2>x.obj : error LNK2019: unresolved external symbol main'],
  ["LINK : fatal error LNK1104: cannot open file 'a.lib'"],
  ["m.c:(.text+0x5): undefined reference to `nope'"],
  ["m.c:9: undefined reference to `nope'", 'm.c', 9],
  ["/usr/bin/ld: a.o: in function `f': multiple definition of `f'; b.o: first defined here"],
  ['/usr/bin/ld: cannot find -lmissing: No such file or directory'],
  ['collect2: error: ld returned 1 exit status'],
  ['clang-15: error: linker command failed with exit code 1 (use -v to see invocation)'],
  ['gmake[2]: *** [CMakeFiles/w.dir/build.make:76: CMakeFiles/w.dir/w.c.o] Error 1'],
  ["make: *** No rule to make target `x'.  Stop."],
  ["ninja: error: loading 'build.ninja': No such file or directory"],
  ['FAILED: CMakeFiles/x.dir/x.c.o'],
  ['CMake Error at CMakeLists.txt:4 (message):', 'CMakeLists.txt', 4],
  ['CMake Error: The source directory "/x" does not exist.'],
  ['error[E0425]: cannot find value `x` in this scope'],
  ["prog: prog.c:7: main: Assertion `x' failed."],
];

const WARNINGS: readonly Line[] = [
  ['/src/w.c:1:17: warning: unused variable ‘unused’ [-Wunused-variable]', '/src/w.c', 1],
  ["x.cpp(7): warning C4996: 'strcpy': This function may be unsafe", 'x.cpp', 7],
  ['CMake Warning at CMakeLists.txt:4 (message):', 'CMakeLists.txt', 4],
  ['CMake Warning (dev) at a/b.cmake:2 (x):', 'a/b.cmake', 2],
  ['CMake Deprecation Warning at x.cmake:1 (cmake_policy):', 'x.cmake', 1],
  ['/usr/bin/ld: warning: a.o: missing .note.GNU-stack section implies executable stack'],
  ["clang: warning: argument unused during compilation: '-lx'"],
  ['make[1]: warning:  Clock skew detected.  Your build may be incomplete.'],
  ["a.s:4: Warning: stand-alone `data16' prefix", 'a.s', 4],
  ['warning: unused manifest key'],
];

const HARMLESS = [
  '[ 12%] Building CXX object src/CMakeFiles/x.dir/error.cpp.o',
  'gcc -Werror -Wfatal-errors -DERROR=1 -c error.c -o error.o',
  '-- Performing Test HAVE_ERROR_T - Failed',
  '    0 error(s), 0 warning(s)',
  'no errors found',
  'make[1]: [Makefile:3: clean] Error 1 (ignored)',
  'Scanning dependencies of target warnings',
  'In file included from a.c:1:',
  '   12 |   int error; // warning: nothing',
  '-- Looking for strerror - found',
  'checking for perror... yes',
  'Installing: /usr/share/doc/error: and warning: pages',
];

const named = ([line, file, number]: Line) => ({ line, file, number });

const isSuspicious = (line: string): boolean => {
  const bytes = Buffer.from(line);
  return bytes.some((byte, at) => at > 0 && SUSPICIOUS[((bytes[at - 1] ?? 0) << 8) | byte] === 1);
};

describe('a line', () => {
  test.each(ERRORS.map(named))('$line is an error', ({ line, file, number }) => {
    expect(diagnose(line)).toEqual({ kind: 'error', ...(file === undefined ? {} : { file, line: number }) });
    expect(isSuspicious(line)).toBe(true);
  });
  test.each(WARNINGS.map(named))('$line is a warning', ({ line, file, number }) => {
    expect(diagnose(line)).toEqual({ kind: 'warning', ...(file === undefined ? {} : { file, line: number }) });
    expect(isSuspicious(line)).toBe(true);
  });
  test.each(HARMLESS)('%s is neither', (line) => {
    expect(diagnose(line)).toBeUndefined();
  });
  test('of any kind is judged in time that grows with its length only', () => {
    for (const piece of [': ', 'a:1:', 'error', '(1)', 'make[1]: *** ', 'ld: ', ' :', 'warning ']) {
      const began = process.cpuUsage().user;
      diagnose(piece.repeat(200_000));
      expect(process.cpuUsage(undefined).user - began).toBeLessThan(1_000_000); // microseconds; cubic time would be minutes
    }
  });
});

/** Reads the log in the plainest way there is. */
function plainly(text: string) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const found = lines.flatMap((line, index) => {
    const diagnosis = diagnose(line);
    return diagnosis === undefined ? [] : [{ index, kind: diagnosis.kind }];
  });
  let taken = 0;
  return found.map(({ index, kind }, at) => {
    const next = found[at + 1]?.index ?? lines.length;
    const before = lines.slice(Math.max(taken, index - 10), index);
    const after = lines.slice(index + 1, Math.min(next, index + 11));
    taken = index + 1 + after.length;
    const join = (part: readonly string[]): string => part.map((line) => `${line}\n`).join('');
    return { kind, logLine: index + 1, text: lines[index], before: join(before), after: join(after) };
  });
}

describe('a log', () => {
  const line = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('cc -c a.c', '[ 1%] Building a', 'current', '', 'x'.repeat(500)) },
    { weight: 1, arbitrary: fc.constantFrom(...ERRORS.map(([text]) => text)) },
    { weight: 1, arbitrary: fc.constantFrom(...WARNINGS.map(([text]) => text)) },
  );

  test('has the findings and their contexts that one sees who reads it line by line', () => {
    const file = join(temporaryDirectory(), 'log');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 120 }), fc.boolean(), (lines, ends) => {
        const text = lines.join('\n') + (ends ? '\n' : '');
        writeFileSync(file, text);
        const { findings, errors, warnings } = scanLog(file);
        expect(
          findings.map(({ kind, logLine, text, before, after }) => ({ kind, logLine, text, before, after })),
        ).toEqual(plainly(text));
        expect(errors + warnings).toBe(findings.length);
      }),
      { numRuns: 300 },
    );
  });

  test('of many megabytes gives the same whatever stands at the seams of its pieces', () => {
    const file = join(temporaryDirectory(), 'log');
    const filler = `${'[ 50%] Building C object x'.repeat(3)}\n`;
    const error = 'x.c:1:2: error: here\n';
    const parts: string[] = [];
    for (let piece = 0; piece < 40; piece++) parts.push(filler.repeat(1990 + piece), error);
    writeFileSync(file, parts.join(''));
    const { errors, lines, findings } = scanLog(file);
    expect(errors).toBe(40);
    expect(lines).toBe(parts.join('').split('\n').length - 1);
    for (const { before } of findings.slice(1)) expect(before).toBe(filler.repeat(10));
  });

  test('keeps the first of many findings, and counts all', () => {
    const file = join(temporaryDirectory(), 'log');
    writeFileSync(file, 'x.c:1:2: error: here\nx.c:1:2: warning: there\n'.repeat(500));
    expect(scanLog(file, { kept: 3 })).toMatchObject({ errors: 500, warnings: 500, lines: 1000 });
    expect(scanLog(file, { kept: 3 }).findings).toHaveLength(6);
  });

  test('loses its colours, its carriage returns and what is no text', () => {
    const file = join(temporaryDirectory(), 'log');
    writeFileSync(file, Buffer.from('\x1b[1mx.c:1:2:\x1b[0m \x1b[31merror: \x1b[0mb\xe4d\r\n', 'latin1'));
    expect(scanLog(file).findings).toMatchObject([
      { text: 'x.c:1:2: error: b[NON-UTF-8-BYTE-0xE4]d', file: 'x.c', line: 1 },
    ]);
  });
});
